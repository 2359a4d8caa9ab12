"""Publishing: rows, card, license and manifest as one folder in the layout of a Hub dataset.

The way of a dataset: facts (`facts.py`) → card (`card.py`); rows → files (`parquet_files.py`);
files → target (`folder.py`). Only the last part knows that the target is a folder.
"""

from __future__ import annotations

from hf_sft_builders.publishing.export import export
from hf_sft_builders.publishing.publish import publish
from hf_sft_builders.publishing.reporting import report

__all__ = ["export", "publish", "report"]
