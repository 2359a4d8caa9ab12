# /// script
# requires-python = ">=3.11"
# dependencies = ["hf_sft_builders"]
# ///
"""Rows of files in another format: a loading script, and a program.

On `datasets` < 4 it is the loading script:

    load_dataset("builders/convert.py", data_files="rows.jsonl", trust_remote_code=True)

On every version it runs as a program:

    python builders/convert.py --data-files rows.jsonl --format sharegpt --output my-dataset
"""

import sys

from hf_sft_builders.builders.convert import ConvertRows

__all__ = ["ConvertRows"]

if __name__ == "__main__":
    from hf_sft_builders.cli import main

    sys.exit(main(["build", "convert", *sys.argv[1:]]))
