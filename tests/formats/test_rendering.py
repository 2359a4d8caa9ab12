"""`sft.render`: rows into one text."""

import json

import datasets
import pytest

import hf_sft_builders as sft
from hf_sft_builders import errors

TEMPLATE = "### 问题：\n{}\n\n### 思考：\n<思考>{}</思考>\n\n### 回答：\n{}"
ROWS = [
    {"Question": "9 加 7？", "Complex_CoT": "9+7=16", "Response": "16", "n": 1},
    {"Question": "{花括号}？", "Complex_CoT": "", "Response": "16<|im_end|>", "n": 2},
]
CHATML = (
    "{% for m in messages %}<|im_start|>{{ m.role }}\n{{ m.content }}"
    "{% if m.tool_calls %}{{ m.tool_calls | tojson }}{% endif %}<|im_end|>\n{% endfor %}"
    "{% if add_generation_prompt %}<|im_start|>assistant\n{% endif %}"
)


def test_the_template_of_the_tutorials_is_one_call():
    """Three places, Chinese headings, tags of one's own, one end."""
    ds = datasets.Dataset.from_list(ROWS)
    columns = ["Question", "Complex_CoT", "Response"]
    op = sft.render(TEMPLATE, columns=columns, eos_token="<|im_end|>")
    made = ds.map(op, batched=True)
    expected = "### 问题：\n9 加 7？\n\n### 思考：\n<思考>9+7=16</思考>\n\n### 回答：\n16<|im_end|>"
    assert expected == made[0]["text"]
    assert 1 == made[1]["text"].count("<|im_end|>")
    assert "{花括号}" in made[1]["text"]
    assert [1, 2] == made["n"][:]
    stream = ds.to_iterable_dataset().map(op, batched=True, features=op.features(ds.features))
    assert made.to_list() == list(stream)


def test_names_fill_a_template():
    """Places with names need no columns=."""
    ds = datasets.Dataset.from_list(ROWS[:1])
    assert "9 加 7？→16" == ds.map(sft.render("{Question}→{Response}"), batched=True)[0]["text"]


def test_a_chat_template_sees_messages_and_calls():
    """Jinja as tokenizers have it; calls in JSON text arrive parsed, "" not at all."""
    call = '[{"name": "f", "arguments": {"城": 1}}]'
    said = [
        {"role": "user", "content": "q", "tool_calls": ""},
        {"role": "assistant", "content": "", "tool_calls": call},
    ]
    ds = datasets.Dataset.from_list([{"messages": said, "tools": "[]"}])
    expected = f"<|im_start|>user\nq<|im_end|>\n<|im_start|>assistant\n{call}<|im_end|>\n"
    assert expected == ds.map(sft.render(CHATML), batched=True)[0]["text"]


def test_a_tokenizer_brings_template_and_end():
    """An object with `chat_template` and `eos_token` is enough."""

    class Tokenizer:
        chat_template, eos_token = "{{ messages[0].content }}", "</s>"

    ds = datasets.Dataset.from_list([{"messages": [{"role": "user", "content": "hi"}]}])
    assert "hi</s>" == ds.map(sft.render(Tokenizer()), batched=True)[0]["text"]


def test_the_files_of_a_tokenizer_are_enough(tmp_path):
    """A folder with a tokenizer's settings brings template and end, as its name on the Hub would."""
    settings = {"chat_template": "{{ messages[0].content }}", "eos_token": {"content": "</s>"}}
    (tmp_path / "tokenizer_config.json").write_text(json.dumps(settings), encoding="utf-8")
    ds = datasets.Dataset.from_list([{"messages": [{"role": "user", "content": "hi"}]}])
    assert "hi</s>" == ds.map(sft.render(str(tmp_path)), batched=True)[0]["text"]
    with pytest.raises(errors.ConfigurationError, match="no place such as"):
        sft.render(str(tmp_path / "nothing here"))


def test_templates_cannot_reach_python():
    """Chat templates run in a sandbox."""
    ds = datasets.Dataset.from_list([{"messages": [{"role": "user", "content": "hi"}]}])
    op = sft.render("{{ messages.__class__.__mro__ }}")
    with pytest.raises(Exception, match="unsafe|not defined|undefined"):
        ds.map(op, batched=True)


@pytest.mark.parametrize(
    ("template", "columns", "problem"),
    [
        ("{} {}", ["a"], "2 places .* names 1"),
        ("{a", [], "not one"),
        ("{% for %}", [], "chat template, line 1"),
    ],
)
def test_bad_templates_are_explained(template, columns, problem):
    """Before any row is read, or with the first one: what is wrong, and where."""
    with pytest.raises(errors.ConfigurationError, match=problem):
        op = sft.render(template, columns=columns)
        op({"a": ["x"], "messages": [[]]})


def test_rows_without_a_value_are_dropped_and_counted():
    """A null is not rendered as "None"."""
    ds = datasets.Dataset.from_list([{"a": "x"}, {"a": None}])
    made = ds.map(sft.render("{a}"), batched=True)
    assert ["x"] == made["text"][:]
    assert {"no a": 1} == dict(sft.last_run().drops)


def test_the_hash_follows_the_template():
    """Another template or end is another fingerprint."""
    from datasets.fingerprint import Hasher

    hashes = {
        Hasher.hash(sft.render(t, eos_token=end)) for t in ("{a}", "{a}.") for end in ("", "</s>")
    }
    assert 4 == len(hashes)
