"""Rows held to the types that the beginning of a file told."""

import io

import pyarrow as pa
import pytest

from hf_sft_builders.builders.json_tables import json_schema, json_tables
from hf_sft_builders.errors import FormatError
from hf_sft_builders.formats.json_rows import JsonFile


def file_of(data):
    """A file of these bytes."""
    return JsonFile(lambda: io.BytesIO(data), "rows.jsonl")


@pytest.mark.parametrize("late", ["1.5", "9223372036854775808"])
@pytest.mark.parametrize("around", ["%s", "[%s]", '{"b": %s}'])
def test_no_number_is_cut_off_to_fit_its_column(late, around):
    """A fraction that comes late is an error, not the whole number before its point."""
    schema = json_schema(file_of(b'{"a": %s}' % (around % 1).encode()), lambda name: "")
    rows = file_of(b'{"a": %s}' % (around % late).encode())
    with pytest.raises(pa.ArrowInvalid):
        list(json_tables(rows, schema, lambda name: ""))


def test_numbers_of_more_than_64_bits_say_how_to_keep_them():
    """Not an error of Python's."""
    with pytest.raises(FormatError, match='"json"'):
        json_schema(file_of(b'{"a": %d}' % 10**30), lambda name: "")
