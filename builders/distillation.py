# /// script
# requires-python = ">=3.11"
# dependencies = ["hf_sft_builders"]
# ///
"""What a teacher model thought and said: a loading script, and a program.

On `datasets` < 4 it is the loading script:

    load_dataset("builders/distillation.py", data_dir="docs", trust_remote_code=True)

On every version it runs as a program:

    python builders/distillation.py --data-dir docs --format sharegpt --output my-dataset
"""

import sys

from hf_sft_builders.builders.distillation import DistillationBuilder

__all__ = ["DistillationBuilder"]

if __name__ == "__main__":
    from hf_sft_builders.cli import main

    sys.exit(main(["build", "distillation", *sys.argv[1:]]))
