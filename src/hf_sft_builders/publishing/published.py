"""What publish did, or would do."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

from hf_sft_builders.publishing.changes import Changes
from hf_sft_builders.publishing.repository import short


@dataclass(frozen=True)
class Published:
    """A version on a hub, or the preview of one; `str()` tells it in lines.

    Example:
        >>> done = sft.publish(ds, "mei/travel-guide", tag="v1")
        >>> load_dataset(done.target, revision=done.revision)
    """

    target: str
    """`user/name`, or the folder."""
    revision: str
    """The commit that holds it (ModelScope: what stands for one); empty for a dry run."""
    url: str
    changes: Changes
    """Files that came, changed and went; none where all was there already."""
    tag: str | None = None
    folder: Path | None = None
    """Of a dry run: where the files lie."""

    def __str__(self) -> str:
        if self.folder is not None:
            head = (
                f"Dry run: nothing was published to {self.target}. The files are in {self.folder}"
            )
        elif self.changes:
            head = f"{self.url} at {short(self.revision)}"
        else:
            head = f"{self.url} at {short(self.revision)}: all was there already"
        tagged = f"\ntag {self.tag}" if self.tag and self.folder is None else ""
        return f"{head}{tagged}\n{self.changes}"
