"""Small datasets to review, with ids, in two languages."""

import pytest
from datasets import Dataset


def conversation(number, question="望云楼多高？", answer="高 28.6 米。"):
    """Give one row of messages."""
    return {
        "id": f"doc:{number}",
        "messages": [
            {"role": "user", "content": f"{question} ({number})"},
            {"role": "assistant", "content": f"{answer} ({number})"},
        ],
        "domain": "旅游" if number % 2 else "历史",
    }


@pytest.fixture
def ds():
    """Twelve rows."""
    return Dataset.from_list([conversation(number) for number in range(12)])


@pytest.fixture
def opened(tmp_path, monkeypatch):
    """Open a review in a folder of this test."""
    from hf_sft_builders.reviewing import Session

    monkeypatch.setenv("HF_HOME", str(tmp_path / "home"))
    sessions = []

    def opened(what, name="review", **options):
        options.setdefault("overlay", tmp_path / f"{name}.sqlite")
        sessions.append(Session.open(what, **options))
        return sessions[-1]

    yield opened
    for session in sessions:
        session.close()
