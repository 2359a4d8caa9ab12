"""Objects that were there before a run rest while it lasts, and no longer."""

import gc
import os

import pytest

from hf_sft_builders.llm.garbage import older_objects_at_rest


@pytest.fixture(autouse=True)
def thawed():
    """Start and end with nothing frozen."""
    gc.unfreeze()
    yield
    gc.unfreeze()


def test_rest_ends_with_the_last_run():
    """Two runs side by side: the first that ends wakes nothing."""
    first, second = older_objects_at_rest(), older_objects_at_rest()
    first.__enter__()
    second.__enter__()
    first.__exit__(None, None, None)
    assert gc.get_freeze_count() > 0
    second.__exit__(None, None, None)
    assert 0 == gc.get_freeze_count()


def test_a_failed_run_ends_the_rest_too():
    """Whatever ends it."""
    with pytest.raises(ValueError, match="x"), older_objects_at_rest():
        raise ValueError("x")
    assert 0 == gc.get_freeze_count()


def test_what_a_program_froze_itself_stays_frozen():
    """As before a fork, to keep pages shared."""
    gc.freeze()
    with older_objects_at_rest():
        pass
    assert gc.get_freeze_count() > 0


def test_a_forked_child_starts_anew():
    """Its parent's runs are none of its own."""
    with older_objects_at_rest():
        child = os.fork()
        if not child:
            os._exit(gc.get_freeze_count() != 0)
        assert 0 == os.waitstatus_to_exitcode(os.waitpid(child, 0)[1])
