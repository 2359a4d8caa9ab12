# /// script
# requires-python = ">=3.11"
# dependencies = ["hf_sft_builders"]
# ///
"""Questions about recordings and their summaries, from transcripts: a loading script, and a program.

On `datasets` < 4 it is the loading script:

    load_dataset("builders/transcript.py", data_dir="talks", make="questions", trust_remote_code=True)

On every version it runs as a program:

    python builders/transcript.py --data-dir talks --make questions --output my-dataset
"""

import sys

from hf_sft_builders.builders.transcript import Transcript

__all__ = ["Transcript"]

if __name__ == "__main__":
    from hf_sft_builders.cli import main

    sys.exit(main(["build", "transcript", *sys.argv[1:]]))
