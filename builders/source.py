# /// script
# requires-python = ">=3.11"
# dependencies = ["hf_sft_builders"]
# ///
"""The rows of any source: a loading script, and a program.

On `datasets` < 4 it is the loading script:

    load_dataset("builders/source.py", data_files="kaggle://owner/dataset", trust_remote_code=True)

On every version it runs as a program:

    python builders/source.py --data-files kaggle://owner/dataset --output my-dataset
"""

import sys

from hf_sft_builders.builders.source import SourceRows

__all__ = ["SourceRows"]

if __name__ == "__main__":
    from hf_sft_builders.cli import main

    sys.exit(main(["build", "source", *sys.argv[1:]]))
