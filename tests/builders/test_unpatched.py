"""`datasets` leaves our builders' modules alone, and patches those of other people as ever."""

import sys

import datasets
from datasets.streaming import extend_module_for_streaming

import hf_sft_builders.builders.documents as ours
from hf_sft_builders.builders.base import SFTBuilder
from hf_sft_builders.builders.unpatched import leave_unpatched


def test_no_function_of_ours_is_replaced(tmp_path):
    """Streaming included: sources stream by themselves."""
    (tmp_path / "a.md").write_text("# 云溪\n\n古城。", encoding="utf-8")
    before = dict(vars(ours))
    stream = datasets.load_dataset(
        "hf_sft_builders/documents", data_dir=str(tmp_path), split="train", streaming=True
    )
    assert 1 == len(list(stream))
    changed = {name for name, value in vars(ours).items() if before.get(name) is not value}
    assert changed <= {"_patched_for_streaming"}


def test_a_builder_of_somebody_else_is_patched(monkeypatch):
    """It may open files as scripts do."""
    module = type(sys)("somebodys_builder")
    theirs = type("Theirs", (SFTBuilder,), {"__module__": module.__name__})
    monkeypatch.setitem(sys.modules, module.__name__, module)
    leave_unpatched(theirs)
    extend_module_for_streaming(module.__name__, datasets.DownloadConfig())
    assert "open" in vars(module)
