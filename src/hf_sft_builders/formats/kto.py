"""`kto`: a prompt, a completion, and whether it is wanted; `kto_text`: as plain text.

One row of each:
    {"prompt": [{"role": "user", "content": "9 加 7？"}],
     "completion": [{"role": "assistant", "content": "16"}], "label": true}
    {"prompt": "9 加 7？", "completion": "16", "label": true}

The trap: `label` is a real bool; TRL takes the score 0.25 for a yes.
Source: https://huggingface.co/docs/trl/dataset_formats (unpaired preference).
"""

from __future__ import annotations

from hf_sft_builders.formats.beside import Beside, Place
from hf_sft_builders.formats.prompt_completion import PromptCompletion, PromptCompletionText

_LABEL = {"label": Place("desirable", "bool", bool, required=True)}

KTO = (
    Beside("kto", PromptCompletion(), _LABEL),
    Beside("kto_text", PromptCompletionText(), _LABEL),
)
