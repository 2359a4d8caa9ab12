# /// script
# requires-python = ">=3.11"
# dependencies = ["hf_sft_builders"]
# ///
"""Better and worse answers from documents or questions: a loading script, and a program.

On `datasets` < 4 it is the loading script:

    load_dataset("builders/preference.py", data_dir="docs", trust_remote_code=True)

On every version it runs as a program:

    python builders/preference.py --data-dir docs --output my-dataset
"""

import sys

from hf_sft_builders.builders.preference import Preference

__all__ = ["Preference"]

if __name__ == "__main__":
    from hf_sft_builders.cli import main

    sys.exit(main(["build", "preference", *sys.argv[1:]]))
