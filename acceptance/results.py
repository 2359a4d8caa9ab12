"""Remembers what each run showed, and writes it into `docs/acceptance.md`."""

from __future__ import annotations

import json
import os
from pathlib import Path

ROOT = Path(__file__).parent.parent
PLACE = Path(os.environ.get("ACCEPTANCE_RESULTS", ROOT / ".make" / "acceptance"))
PAGE = ROOT / "docs" / "acceptance.md"


def record(trainer: str, version: str, kind: str, shown: str) -> None:
    """Keep one line of the table."""
    PLACE.mkdir(parents=True, exist_ok=True)
    path = PLACE / f"{trainer}.json"
    found = json.loads(path.read_text(encoding="utf-8")) if path.exists() else {}
    found[kind] = {"version": version, "shown": shown}
    path.write_text(json.dumps(found, ensure_ascii=False, indent=2), encoding="utf-8")


def table() -> str:
    """Give the table of all runs."""
    lines = ["| trainer | rows | what the run showed |", "|---|---|---|"]
    for path in sorted(PLACE.glob("*.json")):
        for kind, entry in json.loads(path.read_text(encoding="utf-8")).items():
            lines.append(f"| {path.stem} {entry['version']} | {kind} | {entry['shown']} |")
    return "\n".join(lines)


def write_page() -> None:
    """Put the table between the page's marks."""
    text = PAGE.read_text(encoding="utf-8")
    start, end = "<!-- results -->\n", "<!-- end of results -->"
    head, _, rest = text.partition(start)
    _, _, tail = rest.partition(end)
    PAGE.write_text(f"{head}{start}{table()}\n{end}{tail}", encoding="utf-8")


if __name__ == "__main__":
    write_page()
    print(table())
