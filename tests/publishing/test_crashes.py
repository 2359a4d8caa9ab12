"""A publish that is killed leaves the old folder or the new one, and the next one clears up."""

import signal
import subprocess
import sys
from pathlib import Path

import pyarrow.parquet as pq
import pytest

import hf_sft_builders as sft
from hf_sft_builders.errors import PublishError
from hf_sft_builders.publishing.folder import _beside, _held, _rename_twice, replacing

MOMENTS = {
    "while writing rows": "kill_in(parquet_files._Shards, 'write')",
    "before the card": "kill_in(release.Release, 'write_words')",
    "before the folders change places": "kill_in(folder, '_put_in_place')",
    "after the folders changed places": "kill_in(folder.shutil, 'rmtree')",
    "between two renames": "folder._exchange = lambda *_: False; kill_after_first_rename()",
}
CHILD = """
import os, signal, sys
from pathlib import Path
import datasets
from hf_sft_builders.publishing import folder, parquet_files, publish, release

def die(*_, **__):
    os.kill(os.getpid(), signal.SIGKILL)

def kill_in(place, name):
    setattr(place, name, die)

def kill_after_first_rename():
    rename = Path.rename
    def once(self, target):
        rename(self, target)
        if str(target).endswith(".old"):
            die()
    Path.rename = once

{moment}
publish(datasets.load_from_disk(sys.argv[1]), sys.argv[2])
"""


def names_in(folder):
    """Give the names in a folder, sorted."""
    return sorted(path.name for path in folder.iterdir())


@pytest.mark.parametrize("moment", MOMENTS)
def test_kill_leaves_old_or_new(moment, built, tmp_path):
    """With kill -9 at any moment: the rows are the old ones or the new ones, never a mixture."""
    place = tmp_path / "place"
    target = place / "out"
    sft.publish(built(), target)
    after = built("after", count=7)
    code = CHILD.format(moment=MOMENTS[moment])
    done = subprocess.run(
        [sys.executable, "-c", code, str(tmp_path / "after"), str(target)],
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == -signal.SIGKILL, done.stderr
    assert names_in(place) != ["out"], "something was left to clear up"
    if target.exists():
        assert pq.read_table(target / "data").num_rows == (7 if "after" in moment else 3)
    sft.publish(after, target)
    assert names_in(place) == ["out"]
    assert pq.read_table(target / "data").num_rows == 7


def test_what_was_moved_away_is_put_back(built, rows, tmp_path):
    """Where a killed publish had renamed the old folder, even a refused publish restores it."""
    target = tmp_path / "place" / "out"
    sft.publish(built(), target)
    target.rename(_beside(target, "old"))
    with pytest.raises(PublishError, match="another dataset"):
        sft.publish(rows(format_name="alpaca"), target)
    assert pq.read_table(target / "data").num_rows == 3
    assert names_in(target.parent) == ["out"]


def test_a_failed_second_rename_restores_the_old_folder(tmp_path):
    """Where folders cannot change places at once, the old one comes back on failure."""
    old, missing = tmp_path / "old", tmp_path / "missing"
    old.mkdir()
    with pytest.raises(FileNotFoundError):
        _rename_twice(missing, old)
    assert names_in(tmp_path) == ["old"]


def test_two_renames_do_the_same(built, tmp_path, monkeypatch):
    """Systems without an exchange of folders get the new rows, too."""
    monkeypatch.setattr("hf_sft_builders.publishing.folder._exchange", lambda *_: False)
    target = tmp_path / "place" / "out"
    sft.publish(built(), target)
    sft.publish(built("after", count=7), target)
    assert pq.read_table(target / "data").num_rows == 7
    assert names_in(target.parent) == ["out"]


def test_two_publishers_do_not_meet(rows, tmp_path):
    """While one publish fills its folder, another to the same target is refused."""
    with replacing(tmp_path / "out") as new:
        (new / "one").touch()
        with pytest.raises(PublishError, match="another publish"):
            sft.publish(rows(), tmp_path / "out")
    assert names_in(tmp_path / "out") == ["one"]


def test_other_folders_beside_the_target_are_left_alone(rows, tmp_path):
    """Only what belongs to this target is cleared."""
    other = _beside(tmp_path / "other", "new")
    other.mkdir()
    with _held(other):
        sft.publish(rows(), tmp_path / "out")
    assert other.is_dir()
    assert isinstance(other, Path)
