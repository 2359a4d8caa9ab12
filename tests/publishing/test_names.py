"""Public names of sources, and their place in the provenance of all rows."""

import datasets
import pyarrow as pa
import pytest

from hf_sft_builders.publishing.provenance_column import distinct_steps, publish_names
from hf_sft_builders.publishing.public_names import PublicNames

BELOW = ["/home/mei/docs/guide.pdf", "/home/mei/docs/a/map.pdf"]


@pytest.mark.parametrize(
    ("uris", "expected"),
    [
        (BELOW, ["guide.pdf", "a/map.pdf"]),
        (BELOW[:1], ["guide.pdf"]),
        (["file:///home/mei/docs/guide.pdf"], ["guide.pdf"]),
        (["C:\\Users\\mei\\docs\\a.pdf", "C:\\Users\\mei\\docs\\b\\c.pdf"], ["a.pdf", "b/c.pdf"]),
        (["/home/mei/a.pdf", "/home/lan/a.pdf"], ["a (2).pdf", "a.pdf"]),
        (["/srv/x/README", "/home/lan/README"], ["README (2)", "README"]),
        (["zip://in.pdf::/home/mei/docs/all.zip"], ["zip://in.pdf::all.zip"]),
        (
            ["https://me:pw@example.org/a.pdf?X-Amz-Signature=s&page=2#x"],
            ["https://example.org/a.pdf?page=2"],
        ),
        (["hf://datasets/user/repo@main/a.pdf"], ["hf://datasets/user/repo@main/a.pdf"]),
        (["https://[broken"], ["https://…"]),
        (["notes"], ["notes"]),
    ],
)
def test_names_tell_nothing_of_the_machine(uris, expected):
    """Local files by their path below the common folder, addresses without secrets."""
    names = PublicNames(uris)
    assert expected == [names(uri) for uri in uris]


def test_texts_of_others_are_cleaned():
    """Folders and secrets are taken out of messages, too."""
    found = PublicNames(BELOW).in_text(
        "no /home/mei/docs/a/map.pdf at https://u:p@h.org/x?token=1!"
    )
    assert found == "no a/map.pdf at https://h.org/x"


def test_every_step_of_every_row_is_renamed(rows, source):
    """Rows, nulls and the types of the table stay as they were."""
    ds = rows(6, sources=(source(BELOW[0]), source(BELOW[1])))
    table = ds.data.table.slice(1, 4)
    public = publish_names(table, PublicNames(BELOW))
    assert table.schema == public.schema
    steps = [step for row in public["provenance"].to_pylist() for step in row]
    assert [s["uri"] for s in steps if s["uri"]] == ["a/map.pdf", "guide.pdf"] * 2
    before = [step for row in table["provenance"].to_pylist() for step in row]
    assert [{**s, "uri": None} for s in before] == [{**s, "uri": None} for s in steps]


def test_rows_without_provenance_stay_without(rows, source):
    """A null list stays null, an empty one empty."""
    table = rows(2).data.table
    kind = table.schema.field("provenance").type
    column = pa.array([None, [], [source(BELOW[0])]], kind)
    public = publish_names(pa.table({"provenance": column}), PublicNames(BELOW))
    first, second, third = public["provenance"].to_pylist()
    assert (first, second, third[0]["uri"]) == (None, [], "guide.pdf")


def test_a_model_of_ones_own_is_named_without_its_folder(rows):
    """A model that is a local path is published under its last name."""
    ds = rows(1, model="/home/mei/models/qwen-mine")
    public = publish_names(ds.data.table, PublicNames(BELOW))
    assert public["provenance"].to_pylist()[0][-1]["model"] == "qwen-mine"


def test_rows_that_name_no_source_are_counted(rows, source):
    """Distinct steps are found, and rows without any address counted."""
    ds = rows(4, sources=(source(BELOW[0]),))
    bare = datasets.Dataset.from_dict({"text": ["a", "b"]})
    steps, without = distinct_steps([ds, bare])
    assert without == 2
    assert [step["step"] for step in steps] == ["source", "chunk", "generate_qa"]
