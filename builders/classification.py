# /// script
# requires-python = ">=3.11"
# dependencies = ["hf_sft_builders"]
# ///
"""Labelled texts from rows or documents: a loading script, and a program.

On `datasets` < 4 it is the loading script:

    load_dataset("builders/classification.py", data_dir="docs", trust_remote_code=True)

On every version it runs as a program:

    python builders/classification.py --data-dir docs --output my-dataset
"""

import sys

from hf_sft_builders.builders.classification import Classification

__all__ = ["Classification"]

if __name__ == "__main__":
    from hf_sft_builders.cli import main

    sys.exit(main(["build", "classification", *sys.argv[1:]]))
