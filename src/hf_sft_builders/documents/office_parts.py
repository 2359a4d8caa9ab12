"""What Word, PowerPoint, Excel and EPUB files share: parts in a ZIP, and relations between them."""

from __future__ import annotations

import posixpath
from dataclasses import dataclass
from urllib.parse import unquote

from hf_sft_builders.documents.archive import Archive
from hf_sft_builders.documents.file_kinds import refuse_other_kinds
from hf_sft_builders.documents.safe_xml import Element, attribute, local, parsed
from hf_sft_builders.errors import DocumentError


@dataclass(frozen=True, slots=True)
class Relation:
    """What one part says of another."""

    kind: str
    """The last word of the relation's type: `slide`, `image`, `notesSlide`."""
    target: str
    """Name of the part, or the address of what is outside."""


class Parts:
    """The XML parts of one file."""

    def __init__(self, archive: Archive) -> None:
        self.archive, self.uri = archive, archive.uri

    @classmethod
    def opened(cls, data: bytes, uri: str, kind: str) -> Parts:
        """Open a file that should be of this kind ("a Word document")."""
        refuse_other_kinds(data, uri, kind)
        return cls(Archive.opened(data, uri))

    def xml(self, name: str) -> Element | None:
        """Give the root of a part, None if there is no such part."""
        if name not in self.archive.members:
            return None
        return parsed(self.archive.read(name), self.uri, name)

    def main(self, kind: str) -> tuple[str, Element]:
        """Give the part that the package calls its document."""
        targets = [r.target for r in self.relations("").values() if r.kind == "officeDocument"]
        for name in targets:
            root = self.xml(name)
            if root is not None and local(root) == kind:
                return name, root
        raise DocumentError(
            self.uri,
            "not what its suffix says",
            f"The package holds no part that is a <{kind}>. Open it in its program and save it again.",
        )

    def relations(self, name: str) -> dict[str, Relation]:
        """Give the relations of a part by id; of the package for ""."""
        folder, file = posixpath.split(name)
        root = self.xml(posixpath.join(folder, "_rels", f"{file}.rels"))
        found = {}
        for entry in root if root is not None else ():
            target = attribute(entry, "Target")
            if attribute(entry, "TargetMode") != "External":
                target = resolved(folder, target)
            kind = attribute(entry, "Type").rpartition("/")[2]
            found[attribute(entry, "Id")] = Relation(kind, target)
        return found

    def related(self, name: str, kind: str) -> str:
        """Give the name of the first part of this kind that a part relates to, "" if none."""
        relations = self.relations(name).values()
        return next((relation.target for relation in relations if relation.kind == kind), "")

    def title(self) -> str:
        """Give the title of the core properties."""
        root = self.xml(self.related("", "core-properties") or "docProps/core.xml")
        titles = [e.text or "" for e in root if local(e) == "title"] if root is not None else []
        return " ".join(titles[0].split()) if titles else ""


def resolved(folder: str, target: str) -> str:
    """Give the member's name that a reference in a folder means."""
    path = unquote(target.partition("#")[0])
    joined = path.lstrip("/") if path.startswith("/") else posixpath.join(folder, path)
    return posixpath.normpath(joined)
