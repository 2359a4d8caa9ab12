# /// script
# requires-python = ">=3.11"
# dependencies = ["hf_sft_builders"]
# ///
"""Questions with the reasoning to their answers: a loading script, and a program.

On `datasets` < 4 it is the loading script:

    load_dataset("builders/reasoning.py", data_dir="docs", trust_remote_code=True)

On every version it runs as a program:

    python builders/reasoning.py --data-dir docs --format sharegpt --output my-dataset
"""

import sys

from hf_sft_builders.builders.reasoning import ReasoningBuilder

__all__ = ["ReasoningBuilder"]

if __name__ == "__main__":
    from hf_sft_builders.cli import main

    sys.exit(main(["build", "reasoning", *sys.argv[1:]]))
