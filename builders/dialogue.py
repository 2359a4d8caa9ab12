# /// script
# requires-python = ">=3.11"
# dependencies = ["hf_sft_builders"]
# ///
"""Conversations that rest on documents: a loading script, and a program.

On `datasets` < 4 it is the loading script:

    load_dataset("builders/dialogue.py", data_dir="docs", trust_remote_code=True)

On every version it runs as a program:

    python builders/dialogue.py --data-dir docs --format sharegpt --output my-dataset
"""

import sys

from hf_sft_builders.builders.dialogue import DialogueBuilder

__all__ = ["DialogueBuilder"]

if __name__ == "__main__":
    from hf_sft_builders.cli import main

    sys.exit(main(["build", "dialogue", *sys.argv[1:]]))
