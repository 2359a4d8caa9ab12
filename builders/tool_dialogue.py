# /// script
# requires-python = ">=3.11"
# dependencies = ["hf_sft_builders"]
# ///
"""Conversations with a tool, from the records of a small database: a loading script, and a program.

On `datasets` < 4 it is the loading script:

    load_dataset("builders/tool_dialogue.py", data_files="hotels.csv", tool="tool.json",
                 trust_remote_code=True)

On every version it runs as a program:

    python builders/tool_dialogue.py --data-files hotels.csv --tool tool.json --output my-dataset
"""

import sys

from hf_sft_builders.builders.tool_dialogue import ToolDialogue

__all__ = ["ToolDialogue"]

if __name__ == "__main__":
    from hf_sft_builders.cli import main

    sys.exit(main(["build", "tool_dialogue", *sys.argv[1:]]))
