"""Every input is accounted for, and the account survives being merged and written."""

import pytest

from hf_sft_builders import errors
from hf_sft_builders.ledger import Failure, Ledger, Outcome, Source


def ledger():
    """A ledger with something of everything."""
    made = Ledger(builder="pdf_qa", ignored={"a.png": "no reader for .png"}, splits={"train": 2})
    made.record(Outcome(rows=({}, {}), drops=("too short",), usage={"calls": 1, "tokens_in": 1200}))
    made.record(Outcome(failure=Failure("b", "model error", "server on fire")))
    made.sources.append(Source("a.md", "00", "A", "mit"))
    return made


def test_the_summary_names_every_loss():
    """Rows, ignored files, drops and failures with reasons, and what was paid."""
    assert ledger().summary() == (
        "pdf_qa: 2 rows; ignored 1 file (no reader for .png 1); dropped 1 (too short 1); "
        "failed 1 (model error 1); 1 call, 1,200 tokens in"
    )


def test_errors_are_whole_sentences():
    """One input is told as one, and the next step starts a sentence."""
    one = Ledger(failures=[Failure("b", "model error", "server on fire")])
    with pytest.raises(errors.TooManyFailures, match=r"The only input failed: b: .* on fire\.$"):
        one.stop_if_nothing_came(0.05)
    with pytest.raises(errors.TooManyFailures, match=r"on fire\. Mend the cause"):
        one.stop_if_failing(20, 0.01)


def test_json_brings_it_back_whole():
    """What was written is read, and still counts."""
    back = Ledger.from_json(ledger().to_json())
    assert ledger() == back
    back.merge(ledger())
    assert (4, 2, 2) == (back.counts["rows"], back.drops["too short"], len(back.failures))
    assert {"train": 4} == back.splits


def test_an_input_cannot_end_as_nothing():
    """An outcome without rows, drop or failure is a fault of the op."""
    with pytest.raises(errors.BuildError, match="fault of the op"):
        Outcome()


def test_errors_survive_a_pickle():
    """Errors with arguments of their own come back whole from worker processes."""
    import pickle

    for error in (
        errors.UnknownName("format", "alpca", ["alpaca"]),
        errors.MissingExtra("Reading", "aiohttp", "http"),
        errors.DocumentError("a.pdf", "damaged", "Cut off."),
    ):
        back = pickle.loads(pickle.dumps(error))
        assert (type(error), str(error)) == (type(back), str(back))
