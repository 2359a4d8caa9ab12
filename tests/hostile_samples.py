"""Files that want to do harm, each with the reasons for which they may be refused."""

import io
import zipfile

import office_samples
from office_samples import packed, repacked


def bomb(size=400 << 20):
    """A few hundred kilobytes that unpack to hundreds of megabytes."""
    buffer = io.BytesIO()
    with (
        zipfile.ZipFile(buffer, "w", zipfile.ZIP_DEFLATED) as archive,
        archive.open("word/document.xml", "w") as member,
    ):
        for _ in range(size >> 20):
            member.write(b"\0" * (1 << 20))
    return buffer.getvalue()


def nested(depth=8):
    """Archives in archives."""
    data = packed({"a.md": "# A"})
    for level in range(depth):
        data = packed({f"{level}.zip": data})
    return data


LAUGHS = """<?xml version="1.0"?><!DOCTYPE d [<!ENTITY a "ha"><!ENTITY b "&a;&a;&a;&a;&a;&a;&a;&a;">
<!ENTITY c "&b;&b;&b;&b;&b;&b;&b;&b;">]><d>&c;</d>"""
OUTSIDE = '<!DOCTYPE d [<!ENTITY a SYSTEM "file:///etc/passwd">]><d>&a;</d>'
DEEP_XML = "<w:p>" * 5_000 + "</w:p>" * 5_000


def pdf_of(*objects, root=1):
    """Write a PDF of raw objects, with the right cross-references."""
    out = io.BytesIO(b"%PDF-1.7\n")
    out.seek(0, io.SEEK_END)
    places = []
    for number, body in enumerate(objects, start=1):
        places.append(out.tell())
        out.write(f"{number} 0 obj\n".encode() + body + b"\nendobj\n")
    start = out.tell()
    out.write(f"xref\n0 {len(objects) + 1}\n0000000000 65535 f \n".encode())
    out.write(b"".join(f"{place:010d} 00000 n \n".encode() for place in places))
    out.write(f"trailer <</Size {len(objects) + 1}/Root {root} 0 R>>\n".encode())
    out.write(f"startxref\n{start}\n%%EOF".encode())
    return out.getvalue()


CATALOG = b"<</Type/Catalog/Pages 2 0 R>>"
CYCLIC_PAGES = pdf_of(CATALOG, b"<</Type/Pages/Kids[2 0 R 2 0 R]/Count 2>>")
CYCLIC_FORM = pdf_of(
    CATALOG,
    b"<</Type/Pages/Kids[3 0 R]/Count 1>>",
    b"<</Type/Page/Parent 2 0 R/MediaBox[0 0 9 9]/Contents 5 0 R/Resources<</XObject<</F 4 0 R>>>>>>",
    b"<</Type/XObject/Subtype/Form/BBox[0 0 9 9]/Resources<</XObject<</F 4 0 R>>>>/Length 4>>"
    b"stream\n/F Do\nendstream",
    b"<</Length 5>>stream\n/F Do\nendstream",
)
DEEP_PDF = pdf_of(
    CATALOG,
    b"<</Type/Pages/Kids[3 0 R]/Count 1>>",
    b"<</Type/Page/Parent 2 0 R/MediaBox[0 0 9 9]/X " + b"[" * 100_000 + b"]" * 100_000 + b">>",
)
HUGE_PAGE = pdf_of(
    CATALOG,
    b"<</Type/Pages/Kids[3 0 R]/Count 1>>",
    b"<</Type/Page/Parent 2 0 R/MediaBox[0 0 1e9 1e9]>>",
)
MANY_PAGES = pdf_of(CATALOG, b"<</Type/Pages/Kids[]/Count 2147483647>>")
CYCLIC_OUTLINE = pdf_of(
    b"<</Type/Catalog/Pages 2 0 R/Outlines 3 0 R>>",
    b"<</Type/Pages/Kids[]/Count 0>>",
    b"<</First 4 0 R/Last 4 0 R>>",
    b"<</Title(a)/Parent 3 0 R/Next 4 0 R/First 4 0 R>>",
)

HOSTILE = {
    "zip bomb": ("a.docx", bomb(), {"unpacks to too much"}),
    "zip of a bomb": (
        "a.zip",
        packed({"b.docx": bomb()}, zipfile.ZIP_STORED),
        {"unpacks to too much"},
    ),
    "30,000 members": (
        "a.zip",
        packed({f"{i}.md": "" for i in range(30_000)}, zipfile.ZIP_STORED),
        {"unpacks to too much"},
    ),
    "zip in zip in zip": ("a.zip", nested(), {"nested too deeply"}),
    "path traversal": ("a.zip", packed({"../../x.md": "x"}), {"path leaves the archive"}),
    "billion laughs": ("a.docx", office_samples.odd_word(styles=LAUGHS), {"unsafe XML"}),
    "laughs in UTF-16": (
        "a.docx",
        office_samples.odd_word(styles=LAUGHS.encode("utf-16")),
        {"unsafe XML"},
    ),
    "file of this machine": ("a.docx", office_samples.odd_word(styles=OUTSIDE), {"unsafe XML"}),
    "laughs in a sheet": (
        "a.xlsx",
        repacked(office_samples.workbook(), {"xl/worksheets/sheet1.xml": LAUGHS}),
        {"unsafe XML"},
    ),
    "deep XML": ("a.docx", office_samples.odd_word(DEEP_XML), {"nested too deeply"}),
    "deep HTML": ("a.html", b"<div>" * 100_000 + b"x", {"nested too deeply"}),
    "deep JSON": (
        "a.json",
        b"[" * 100_000 + b"]" * 100_000,
        {"nested too deeply", "no text field"},
    ),
    "span of a billion": (
        "a.html",
        b"<table><tr><td colspan=999999999 rowspan=999999999>a<td>b<tr><td>c</table>",
        set(),
    ),
    "cyclic pages": ("a.pdf", CYCLIC_PAGES, {"damaged", "no text"}),
    "cyclic form": ("a.pdf", CYCLIC_FORM, {"no text", "no text layer"}),
    "deep PDF": ("a.pdf", DEEP_PDF, {"damaged", "no text"}),
    "huge page": ("a.pdf", HUGE_PAGE, {"no text"}),
    "two billion pages": ("a.pdf", MANY_PAGES, {"damaged", "no text", "too many pages"}),
    "cyclic outline": ("a.pdf", CYCLIC_OUTLINE, {"damaged", "no text"}),
}
"""By name: file name, file, and reasons; none where it must be read."""
