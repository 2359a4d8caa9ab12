"""A quote is found wherever it stands, whatever white space it has; nowhere else."""

import re

from hypothesis import given
from hypothesis import strategies as st

from hf_sft_builders.synthesis.evidence import locate

WORDS = st.text(alphabet="ab云。(*\u3000 \n\t", max_size=12)


@given(WORDS, st.text(alphabet="ab云。(*\u3000 \n\t", max_size=40))
def test_it_is_found_exactly_where_its_words_follow_each_other(quote, text):
    """The shortcuts find what the pattern would, and miss what it would."""
    words = quote.split()
    pattern = re.compile(r"\s*".join(map(re.escape, words)))
    found = locate(quote, text)
    assert (found is None) == (not words or pattern.search(text) is None)
    if found:
        assert pattern.fullmatch(text[slice(*found)])


def test_the_quote_as_it_stands_comes_before_one_with_other_space():
    """Even where the other stands first."""
    assert (4, 7) == locate("a b", "a\nb a b")
    assert (0, 3) == locate("a b", "a\nb ab")
