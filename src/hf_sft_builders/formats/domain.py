"""`domain`: Alpaca's five columns and the field that the question is of.

One row:
    {"instruction": "云溪古城的门票是多少钱？", "input": "", "output": "80 元／人", "system": "",
     "history": [], "domain": "tourism"}

Source: the layout of domain fine-tuning sets; LLaMA-Factory reads it as Alpaca.
"""

from __future__ import annotations

from hf_sft_builders.formats.alpaca import Alpaca
from hf_sft_builders.formats.beside import Beside, Place

DOMAIN = Beside("domain", Alpaca(), {"domain": Place("domain", "string", str)})
