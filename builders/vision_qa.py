# /// script
# requires-python = ">=3.11"
# dependencies = ["hf_sft_builders"]
# ///
"""Questions, captions, labels and fields of pictures: a loading script, and a program.

On `datasets` < 4 it is the loading script:

    load_dataset("builders/vision_qa.py", data_dir="photos", model="qwen3-vl-8b", trust_remote_code=True)

On every version it runs as a program:

    python builders/vision_qa.py --data-dir photos --model qwen3-vl-8b --output my-dataset
"""

import sys

from hf_sft_builders.builders.vision_qa import VisionQa

__all__ = ["VisionQa"]

if __name__ == "__main__":
    from hf_sft_builders.cli import main

    sys.exit(main(["build", "vision_qa", *sys.argv[1:]]))
