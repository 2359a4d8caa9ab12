"""Reports: what a dataset holds, in numbers, plots and words.

rows → sums (`tally.py`) → `Report` → terminal (`text_page.py`), page (`html_page.py`), pictures.
"""

from __future__ import annotations

from hf_sft_builders.publishing.reporting.gathering import report
from hf_sft_builders.publishing.reporting.report import Report

__all__ = ["Report", "report"]
