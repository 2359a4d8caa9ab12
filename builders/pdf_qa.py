# /// script
# requires-python = ">=3.11"
# dependencies = ["hf_sft_builders"]
# ///
"""Questions and answers from documents: a loading script, and a program.

On `datasets` < 4 it is the loading script:

    load_dataset("builders/pdf_qa.py", data_dir="docs", trust_remote_code=True)

On every version it runs as a program:

    python builders/pdf_qa.py --data-dir docs --format sharegpt --output my-dataset
"""

import sys

from hf_sft_builders.builders.pdf_qa import PdfQa

__all__ = ["PdfQa"]

if __name__ == "__main__":
    from hf_sft_builders.cli import main

    sys.exit(main(["build", "pdf_qa", *sys.argv[1:]]))
