# /// script
# requires-python = ">=3.11"
# dependencies = ["hf_sft_builders"]
# ///
"""An evaluation set from documents or questions: a loading script, and a program.

On `datasets` < 4 it is the loading script:

    load_dataset("builders/exam.py", data_dir="docs", trust_remote_code=True)

On every version it runs as a program:

    python builders/exam.py --data-dir docs --output my-dataset
"""

import sys

from hf_sft_builders.builders.exam import Exam

__all__ = ["Exam"]

if __name__ == "__main__":
    from hf_sft_builders.cli import main

    sys.exit(main(["build", "exam", *sys.argv[1:]]))
