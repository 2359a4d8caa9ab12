"""All keys of the page: shown in its help and in the manual.

What a key does is not written here: it presses the button, or follows the link, that names it in
`aria-keyshortcuts`. So whatever has a key can be clicked too, and a screen reader tells it.
"""

from __future__ import annotations

from typing import NamedTuple


class Key(NamedTuple):
    """One line of the help."""

    keys: tuple[str, ...]
    word: str
    """Key of the words that say what it does."""


GROUPS: tuple[tuple[str, tuple[Key, ...]], ...] = (
    (
        "everywhere",
        (
            Key(("j", "k"), "key_move"),
            Key(("c",), "key_confirm"),
            Key(("r",), "key_reject"),
            Key(("n",), "key_next"),
            Key(("u",), "key_undo"),
            Key(("t",), "key_tag"),
            Key(("l",), "key_label"),
            Key(("d",), "key_domain"),
            Key(("/",), "key_search"),
            Key(("?",), "key_help"),
            Key(("Esc",), "key_back"),
            Key(("D",), "key_datasets"),
        ),
    ),
    (
        "list",
        (
            Key(("Enter", "o"), "key_open"),
            Key(("x",), "key_select"),
            Key(("a",), "key_select_page"),
            Key(("A",), "key_select_all"),
            Key(("[", "]"), "key_pages"),
            Key(("p",), "key_pairs"),
        ),
    ),
    (
        "row",
        (
            Key(("e",), "key_edit"),
            Key(("Ctrl+Enter",), "key_save"),
            Key(("0", "…", "9"), "key_score"),
            Key(("Shift+0", "…", "5"), "key_score_always"),
            Key(("v",), "key_numbers"),
            Key(("m",), "key_note"),
            Key(("w",), "key_ask"),
            Key(("y",), "key_example"),
            Key(("g",), "key_merge"),
            Key(("G",), "key_split"),
        ),
    ),
    (
        "pair",
        (
            Key(("a", "b"), "key_choice"),
            Key(("t",), "key_tie"),
            Key(("x",), "key_both_bad"),
            Key(("j",), "key_skip"),
        ),
    ),
)
