"""Serves a saved dataset for the browser tests: `python serve_rows.py <folder> <port>`."""

import sys

import datasets

from hf_sft_builders.reviewing import Session
from hf_sft_builders.reviewing.library import Library
from hf_sft_builders.reviewing.server import start

folder, port = sys.argv[1], int(sys.argv[2])
rows = datasets.load_from_disk(folder)
session = Session.open(rows, overlay=f"{folder}.review.sqlite", name="rows")
running = start(Library([session]), port=port, reviewer="mei")
print(running.url, flush=True)
running.wait()
