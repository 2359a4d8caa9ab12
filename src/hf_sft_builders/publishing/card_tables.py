"""The tables and lists of a card, from facts. Every value is escaped here, once."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from typing import Any

from hf_sft_builders.ledger import MANIFEST_NAME, USAGE, Ledger
from hf_sft_builders.publishing.card_words import Say, english
from hf_sft_builders.publishing.escaping import address, inline
from hf_sft_builders.publishing.facts import EXTRACTIVE, Facts, SourceFact
from hf_sft_builders.publishing.parquet_files import SplitFiles
from hf_sft_builders.version import __version__

_LISTED = 100
_NAMED = 20
_LONGEST_TEXT, _LONGEST_LIST = 160, 6


def size(number: int, unit: str, say: Say = english) -> str:
    """Count in words: `1 row`, `1,200 rows`."""
    return say(f"{{n}} {unit}{'' if number == 1 else 's'}", n=f"{number:,}")


def splits_table(splits: Sequence[SplitFiles], say: Say = english) -> str:
    """One line per split; with the name of its config where there are several."""
    configs = {split.config for split in splits}
    rows = [
        (
            f"`{s.split}`",
            f"{s.rows:,}",
            f"{len(s.files) + len(s.media):,}",
            f"{_megabytes(s.file_bytes)}",
        )
        for s in splits
    ]
    head = (say("split"), say("rows"), say("files"), say("size"))
    if len(configs) > 1:
        named = [(f"`{s.config}`", *row) for s, row in zip(splits, rows, strict=True)]
        return table((say("config"), *head), named)
    return table(head, rows)


def sources_table(sources: Sequence[SourceFact], below_folder: bool, say: Say = english) -> str:
    """One line per source."""
    if not sources:
        return say("Not known: the rows carry no provenance, and no manifest lies beside them.")
    rows = [
        (
            address(source.name),
            inline(source.title, 120),
            f"`{source.sha256[:12]}`" if source.sha256.isalnum() else "",
            inline(source.license),
            inline(_evidence(source), 120),
        )
        for source in sources[:_LISTED]
    ]
    note = say(
        "Local files are named by their path below the folder they share, in the rows too; "
        "where that folder lay is not published."
    )
    rest = len(sources) - _LISTED
    more = [say("… and {n} more, in `{file}`.", n=f"{rest:,}", file=MANIFEST_NAME)] * (rest > 0)
    heads = (say("file"), say("title"), "sha256", say("license"), say("license found in"))
    return "\n\n".join([table(heads, rows), *more, *([note] if below_folder else [])])


def papers_list(papers: Sequence[str], say: Say = english) -> str:
    """The papers that belong to the sources, as a list below their table."""
    told = [f"- {_paper(paper)}" for paper in papers[:_LISTED]]
    head = say("Papers that belong to them:")
    return f"\n\n{head}\n\n" + "\n".join(told) if told else ""


def _paper(paper: str) -> str:
    for scheme, place in (("arXiv:", "https://arxiv.org/abs/"), ("doi:", "https://doi.org/")):
        if paper.startswith(scheme):
            return address(place + paper.removeprefix(scheme))
    return inline(paper, 400)


def making(facts: Facts, say: Say = english) -> str:
    """How the rows came about, as a list."""
    ledger, made = facts.ledger, facts.ledger.made
    counted = [
        size(ledger.counts[f"{unit}s"], unit, say) for unit in _UNITS if ledger.counts[f"{unit}s"]
    ]
    items = [
        (say("Builder"), f"`hf_sft_builders/{inline(facts.builder)}`" if facts.builder else ""),
        (say("Counted"), " → ".join(counted)),
        (say("Rows here"), _rows_here(facts, say)),
        (say("Steps"), " → ".join(inline(step, 80) for step in facts.steps)),
        (say("Model"), _model(facts, say)),
        (say("Asked"), _asked(ledger, say)),
        (say("Prompts"), _prompts(facts.prompts, say)),
        (say("Gates"), _gates(made.get("options"))),
        (say("Options"), _options(made.get("options"))),
        (say("Package"), _package(made.get("version"), say)),
    ]
    told = (say("{name}: {words}", name=name, words=words) for name, words in items if words)
    return "\n".join(f"- {line}" for line in told)


def left_out(ledger: Ledger, say: Say = english) -> str:
    """What did not become rows, with reasons and counts."""
    told = [
        (say("Files not opened"), _files(ledger.ignored)),
        (say("Files that could not be read"), _files(ledger.unreadable)),
        (say("Dropped"), _tally(ledger.drops)),
        (say("Failed"), _tally(Counter(f.reason for f in ledger.failures))),
    ]
    lines = [say("{name}: {words}", name=name, words=words) for name, words in told if words]
    if lines:
        return "\n".join(f"- {line}" for line in lines)
    known = say("Nothing."), say("Not known: no manifest lies beside the rows.")
    return known[0] if ledger.builder else known[1]


def one_row(row: Mapping[str, Any]) -> Any:
    """Shorten a row so that a person can read it: long texts and lists with …, no empty steps."""
    return {name: _shortened(value, name == "provenance") for name, value in row.items()}


_UNITS = ("document", "page", "chunk", "row")


def _asked(ledger: Ledger, say: Say) -> str:
    """Say what models were asked; see `Ledger.paid`."""
    used = [(say(words), ledger.usage[name]) for name, (_, words) in USAGE.items()]
    return ", ".join(f"{count:,} {words}" for words, count in used if count)


def _rows_here(facts: Facts, say: Say) -> str:
    """Say how many rows are published where that is not what was counted."""
    same = facts.total == facts.ledger.counts["rows"]
    return "" if same else size(facts.total, "row", say)


def _model(facts: Facts, say: Say) -> str:
    if not facts.models:
        return "" if facts.sources and not facts.format else say("not known")
    told = []
    for model in facts.models:
        if model == EXTRACTIVE:
            told.append(
                say(
                    "none. No language model was used (`extractive`): questions are made by rules, and "
                    "answers are copied word for word from the documents"
                )
            )
        else:
            told.append(inline(model, 120))
    return "; ".join(told)


def _prompts(prompts: Mapping[str, str], say: Say) -> str:
    return ", ".join(
        say("{name} (sha256 `{sha}`)", name=inline(name, 80), sha=sha[:12])
        if sha.isalnum()
        else inline(name, 80)
        for name, sha in prompts.items()
    )


def _gates(options: Any) -> str:
    gates = options.get("gates") if isinstance(options, Mapping) else None
    named = gates if isinstance(gates, (list, tuple)) else []
    return ", ".join(inline(_short_gate(str(gate)), 300) for gate in named)


def _short_gate(text: str) -> str:
    """Give a gate as Python shows it, without what was left at None."""
    return re.sub(r"(, )?\b\w+=None", "", text).replace("(, ", "(")


def _options(options: Any) -> str:
    if not isinstance(options, Mapping):
        return ""
    return ", ".join(
        f"{inline(name, 60)}={inline(repr(value), 80)}"
        for name, value in sorted(options.items())
        if value not in (None, "", []) and name != "gates"
    )


def _package(made_by: Any, say: Say) -> str:
    if made_by and made_by != __version__:
        made = f"hf_sft_builders {inline(made_by, 40)}"
        return say("{made}, published with {now}", made=made, now=__version__)
    return f"hf_sft_builders {__version__}"


def _files(files: Mapping[str, str]) -> str:
    names = [
        f"{inline(name, 160)} ({inline(reason, 80)})" for name, reason in sorted(files.items())
    ]
    if len(names) <= _NAMED:
        return ", ".join(names)
    return f"{len(names):,}: {_tally(Counter(files.values()))}"


def _tally(reasons: Counter[str]) -> str:
    return ", ".join(
        f"{inline(reason, 120)} ({number:,})" for reason, number in reasons.most_common()
    )


def _evidence(source: SourceFact) -> str:
    if source.confidence in ("", "none") or not source.found_in:
        return ""
    return f"{source.found_in} ({source.confidence})"


def _megabytes(number: int) -> str:
    return f"{number / 1e6:,.1f} MB" if number >= 1e5 else f"{number / 1e3:,.1f} kB"


def _shortened(value: Any, bare: bool) -> Any:
    if isinstance(value, str):
        return value if len(value) <= _LONGEST_TEXT else value[: _LONGEST_TEXT - 1] + "…"
    if isinstance(value, bytes):
        return f"… {len(value):,} bytes"
    if isinstance(value, list):
        more = [f"… {len(value) - _LONGEST_LIST:,} more"] * (len(value) > _LONGEST_LIST)
        return [_shortened(inner, bare) for inner in value[:_LONGEST_LIST]] + more
    if isinstance(value, dict):
        kept = {key: inner for key, inner in value.items() if not bare or inner is not None}
        return {key: _shortened(inner, bare) for key, inner in kept.items()}
    return value


def table(head: Iterable[str], rows: Iterable[Iterable[str]]) -> str:
    """Write a table of Markdown; cells are escaped already."""
    heads = list(head)
    lines = [heads, ["---"] * len(heads), *rows]
    return "\n".join("| " + " | ".join(cells) + " |" for cells in lines)
