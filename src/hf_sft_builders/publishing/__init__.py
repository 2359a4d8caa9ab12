"""Publishing: rows, card, license and manifest, to a folder or in one commit to the Hub.

The way of a dataset: facts (`facts.py`) → card (`card.py`); rows → files (`parquet_files.py`); both
make a release (`release.py`), which goes to a folder (`folder.py`) or to the Hub (`hub_*.py`). Only
these know what the target is.
"""

from __future__ import annotations

from hf_sft_builders.publishing.export import export
from hf_sft_builders.publishing.publish import publish
from hf_sft_builders.publishing.reporting import report

__all__ = ["export", "publish", "report"]
