"""Small Office files, books and archives for tests, each made to order and returned as bytes."""

import datetime
import io
import zipfile

import docx
import openpyxl
import pptx
from docx.enum.text import WD_BREAK
from docx.shared import Cm
from PIL import Image
from pptx.chart.data import CategoryChartData
from pptx.enum.chart import XL_CHART_TYPE
from pptx.util import Inches

W = "http://schemas.openxmlformats.org/wordprocessingml/2006/main"
R = "http://schemas.openxmlformats.org/officeDocument/2006/relationships"


def saved(file):
    """Give the bytes of a file that its library can save."""
    buffer = io.BytesIO()
    file.save(buffer)
    return buffer.getvalue()


def packed(members, compression=zipfile.ZIP_DEFLATED):
    """Pack names and contents into a ZIP."""
    buffer = io.BytesIO()
    with zipfile.ZipFile(buffer, "w", compression) as archive:
        for name, content in members.items():
            archive.writestr(name, content)
    return buffer.getvalue()


def repacked(data, changes):
    """Replace or add members of a ZIP."""
    with zipfile.ZipFile(io.BytesIO(data)) as archive:
        members = {name: archive.read(name) for name in archive.namelist()}
    return packed({**members, **changes})


def picture(kind="PNG", size=(40, 30)):
    """Draw a picture."""
    buffer = io.BytesIO()
    Image.new("RGB", size, "teal").save(buffer, kind)
    return buffer.getvalue()


def word():
    """A Word document as python-docx writes it."""
    file = docx.Document()
    file.add_heading("云溪古城", 0)
    file.add_heading("门票", 1)
    file.add_paragraph("古城不收门票，望云楼收 ８０ 元。")
    table = file.add_table(rows=3, cols=3)
    for row, cells in enumerate(
        (["景点", "票价", ""], ["望云楼", "80", "9:00"], ["", "40", "8:00"])
    ):
        for column, text in enumerate(cells):
            table.cell(row, column).text = text
    table.cell(0, 1).merge(table.cell(0, 2))
    table.cell(1, 0).merge(table.cell(2, 0))
    file.add_heading("Getting there", 2)
    file.add_paragraph("By bus", "List Bullet")
    file.add_paragraph("Line 3", "List Bullet 2")
    file.add_paragraph("First", "List Number")
    file.add_paragraph("Second", "List Number")
    run = file.add_paragraph("Before ").add_run()
    run.add_picture(io.BytesIO(picture()), width=Cm(2))
    run._r.xpath(".//wp:docPr")[0].set("descr", "The tower")
    file.add_paragraph("End.").add_run().add_break(WD_BREAK.PAGE)
    file.core_properties.title = "旅行指南"
    return saved(file)


ODD_STYLES = f"""<w:styles xmlns:w="{W}">
<w:style w:type="paragraph" w:styleId="a1"><w:name w:val="heading 1"/>
 <w:pPr><w:numPr><w:numId w:val="1"/></w:numPr><w:outlineLvl w:val="0"/></w:pPr></w:style>
<w:style w:type="paragraph" w:styleId="mine"><w:name w:val="公司标题"/><w:basedOn w:val="a1"/>
 <w:pPr><w:numPr><w:ilvl w:val="1"/></w:numPr><w:outlineLvl w:val="1"/></w:pPr></w:style>
</w:styles>"""
ODD_NUMBERING = f"""<w:numbering xmlns:w="{W}"><w:abstractNum w:abstractNumId="7">
<w:lvl w:ilvl="0"><w:start w:val="1"/><w:numFmt w:val="chineseCounting"/><w:lvlText w:val="第%1章"/></w:lvl>
<w:lvl w:ilvl="1"><w:start w:val="1"/><w:numFmt w:val="decimal"/><w:lvlText w:val="%1.%2"/></w:lvl>
</w:abstractNum><w:num w:numId="1"><w:abstractNumId w:val="7"/></w:num></w:numbering>"""
ODD_NOTES = f"""<w:footnotes xmlns:w="{W}"><w:footnote w:id="2"><w:p><w:r><w:t>据县志。</w:t></w:r></w:p>
</w:footnote></w:footnotes>"""
ODD_BODY = """
<w:p><w:pPr><w:pStyle w:val="a1"/></w:pPr><w:r><w:t>总则</w:t></w:r></w:p>
<w:p><w:pPr><w:pStyle w:val="mine"/></w:pPr><w:r><w:t>范围</w:t></w:r></w:p>
<w:p><w:r><w:t xml:space="preserve">楼高 </w:t></w:r><w:del><w:r><w:delText>30</w:delText></w:r></w:del>
<w:ins><w:r><w:t>28.6</w:t></w:r></w:ins><w:r><w:t xml:space="preserve"> 米</w:t></w:r>
<w:r><w:footnoteReference w:id="2"/></w:r><w:r><w:t>，共五</w:t></w:r>
<w:r><w:lastRenderedPageBreak/><w:t>层。</w:t></w:r></w:p>
<w:p><w:pPr><w:rPr><w:del/></w:rPr></w:pPr><w:r><w:t>上半句</w:t></w:r></w:p>
<w:p><w:r><w:t>下半句。</w:t></w:r></w:p>
<w:p><w:r><mc:AlternateContent><mc:Choice><w:drawing><w:txbxContent><w:p><w:r><w:t>框中文字。</w:t></w:r></w:p>
</w:txbxContent></w:drawing></mc:Choice><mc:Fallback><w:pict><w:txbxContent><w:p><w:r><w:t>框中文字。</w:t></w:r>
</w:p></w:txbxContent></w:pict></mc:Fallback></mc:AlternateContent></w:r></w:p>
<w:p><w:pPr><w:pStyle w:val="a1"/></w:pPr><w:r><w:t>附则</w:t></w:r></w:p>
<w:tbl><w:tr><w:tc><w:p><w:r><w:t>甲</w:t></w:r></w:p></w:tc><w:tc><w:tbl><w:tr><w:tc><w:p><w:r><w:t>乙</w:t></w:r>
</w:p></w:tc><w:tc><w:p><w:r><w:t>丙</w:t></w:r></w:p></w:tc></w:tr></w:tbl><w:p/></w:tc></w:tr>
<w:tr><w:tc><w:p><w:r><w:t>丁</w:t></w:r></w:p></w:tc><w:tc><w:p><w:r><w:t>戊</w:t></w:r></w:p></w:tc></w:tr></w:tbl>
<w:p><w:r><w:ruby><w:rt><w:r><w:t>cè</w:t></w:r></w:rt><w:rubyBase><w:r><w:t>测</w:t></w:r></w:rubyBase></w:ruby>
</w:r><w:r><w:fldChar/><w:instrText>PAGE</w:instrText></w:r><w:r><w:t>试。</w:t></w:r></w:p>
"""


def odd_word(body=ODD_BODY, **parts):
    """A Word document in raw XML, with all that libraries leave out."""
    kinds = {"styles": ODD_STYLES, "numbering": ODD_NUMBERING, "footnotes": ODD_NOTES, **parts}
    relations = "".join(
        f'<Relationship Id="r{kind}" Type="{R}/{kind}" Target="{kind}.xml"/>' for kind in kinds
    )
    names = f'xmlns:w="{W}" xmlns:mc="http://schemas.openxmlformats.org/markup-compatibility/2006"'
    return packed(
        {
            "_rels/.rels": _relations(
                f'<Relationship Id="r1" Type="{R}/officeDocument" Target="/word/document.xml"/>'
            ),
            "word/_rels/document.xml.rels": _relations(relations),
            "word/document.xml": f"<w:document {names}><w:body>{body}</w:body></w:document>",
            **{f"word/{kind}.xml": text for kind, text in kinds.items()},
        }
    )


def _relations(inner):
    space = "http://schemas.openxmlformats.org/package/2006/relationships"
    return f'<Relationships xmlns="{space}">{inner}</Relationships>'


def slides():
    """A presentation as python-pptx writes it."""
    file = pptx.Presentation()
    slide = file.slides.add_slide(file.slide_layouts[1])
    slide.shapes.title.text = "水泵手册"
    frame = slide.placeholders[1].text_frame
    frame.text = "压力范围"
    for text, level in (("0 到 6 bar", 1), ("温度范围", 0)):
        paragraph = frame.add_paragraph()
        paragraph.text, paragraph.level = text, level
    slide.notes_slide.notes_text_frame.text = "先讲压力。"
    slide = file.slides.add_slide(file.slide_layouts[5])
    slide.shapes.title.text = "Figures"
    low = slide.shapes.add_textbox(Inches(1), Inches(6), Inches(4), Inches(1))
    low.text_frame.text = "Below the table."
    table = slide.shapes.add_table(2, 2, Inches(1), Inches(2), Inches(4), Inches(1)).table
    for index, text in enumerate(("Model", "Flow", "P1", "12")):
        table.cell(index // 2, index % 2).text = text
    data = CategoryChartData()
    data.categories = ["2024", "2025"]
    data.add_series("Sales", (3.5, 4))
    place = Inches(1), Inches(4), Inches(4), Inches(2)
    slide.shapes.add_chart(XL_CHART_TYPE.COLUMN_CLUSTERED, *place, data)
    image = slide.shapes.add_picture(io.BytesIO(picture()), Inches(6), Inches(1))
    image._element.xpath(".//p:cNvPr")[0].set("descr", "A pump")
    hidden = file.slides.add_slide(file.slide_layouts[6])
    hidden._element.set("show", "0")
    hidden.shapes.add_textbox(0, 0, 9, 9).text_frame.text = "隐藏页"
    return saved(file)


def workbook():
    """A workbook as openpyxl writes it."""
    file = openpyxl.Workbook()
    sheet = file.active
    sheet.title = "票价"
    sheet.append(["2025 年票价表", None, None])
    sheet.merge_cells("A1:C1")
    sheet.append(["景点", "价格", "起始日期"])
    sheet.append(["望云楼", 80.5, datetime.date(2025, 1, 1)])
    sheet.append([None, 0.125, datetime.datetime(2025, 6, 30, 14, 5)])
    sheet.merge_cells("A3:A4")
    sheet["B3"].number_format = '"¥"#,##0.00'
    sheet["B4"].number_format = "0.0%"
    sheet["C3"].number_format = 'yyyy"年"m"月"d"日"'
    sheet["C4"].number_format = "yyyy-mm-dd hh:mm"
    sheet["A6"], sheet["B6"] = "Total", "=SUM(B3:B4)"
    sheet["A7"], sheet["B7"] = "a|b", True
    other = file.create_sheet("Hidden")
    other.sheet_state = "hidden"
    other.append(["x", 1234567.5])
    other.append(["y", 3])
    file.create_sheet("Empty")
    return saved(file)


def book(**changes):
    """An EPUB 3 with a nested table of contents."""
    members = {
        "mimetype": "application/epub+zip",
        "META-INF/container.xml": '<container xmlns="urn:oasis:names:tc:opendocument:xmlns:container">'
        '<rootfiles><rootfile full-path="OEBPS/book.opf"/></rootfiles></container>',
        "OEBPS/book.opf": '<package xmlns="http://www.idpf.org/2007/opf">'
        '<metadata xmlns:dc="http://purl.org/dc/elements/1.1/"><dc:title>茶经</dc:title></metadata>'
        '<manifest><item id="n" href="nav.xhtml" properties="nav" media-type="application/xhtml+xml"/>'
        '<item id="b" href="two.xhtml" media-type="application/xhtml+xml"/>'
        '<item id="a" href="text/one.xhtml" media-type="application/xhtml+xml"/></manifest>'
        '<spine><itemref idref="a"/><itemref idref="b"/></spine></package>',
        "OEBPS/nav.xhtml": '<html xmlns="http://www.w3.org/1999/xhtml" xmlns:epub="e"><body>'
        '<nav epub:type="toc"><ol><li><a href="text/one.xhtml">卷上</a><ol>'
        '<li><a href="text/one.xhtml#s1">一之源</a></li><li><a href="two.xhtml">二之具</a></li></ol></li>'
        "</ol></nav></body></html>",
        "OEBPS/text/one.xhtml": "<?xml version='1.0'?><!DOCTYPE html><html><body><p>茶者，南方之嘉木也。</p>"
        "<h1 id='s1'>一之源</h1><p>一尺、二尺&nbsp;乃至数十尺。</p><h2>注</h2><p>注文。</p></body></html>",
        "OEBPS/two.xhtml": "<html><body><h1>二之具</h1><p>籯，一曰篮。</p><img src='i.png'/></body></html>",
        **changes,
    }
    return packed(members)
