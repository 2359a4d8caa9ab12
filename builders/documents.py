# /// script
# requires-python = ">=3.11"
# dependencies = ["hf_sft_builders"]
# ///
"""Documents, read and cut into chunks: a loading script, and a program.

On `datasets` < 4 it is the loading script:

    load_dataset("builders/documents.py", data_dir="docs", trust_remote_code=True)

On every version it runs as a program:

    python builders/documents.py --data-dir docs --output my-dataset
"""

import sys

from hf_sft_builders.builders.documents import Documents

__all__ = ["Documents"]

if __name__ == "__main__":
    from hf_sft_builders.cli import main

    sys.exit(main(["build", "documents", *sys.argv[1:]]))
