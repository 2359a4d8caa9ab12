"""Without its extra, a feature ends with one error that says what to install."""

import os
import subprocess
import sys
import tomllib
from pathlib import Path

import pytest

ROOT = Path(__file__).parent.parent
EXTRAS = tomllib.loads((ROOT / "pyproject.toml").read_text())["project"]["optional-dependencies"]
HIDE = """
import os
from importlib.machinery import PathFinder
hidden, find = os.environ["HIDDEN_PACKAGES"].split(), PathFinder.find_spec
PathFinder.find_spec = lambda name, *more: None if name in hidden else find(name, *more)
"""
BUILD = "from datasets import load_dataset; load_dataset('hf_sft_builders/documents', {})"
USES = {
    "llm": ("openai pyqwest", "sft.map(ds, sft.generate('{text}', 'y', model='m', base_url='http://127.0.0.1:9'))"),
    "images": ("PIL", "list(sft.read_images(b'GIF89a', 'a.gif'))"),
    "html": ("selectolax", BUILD.format("data_files='a.html'")),
    "http": ("aiohttp", BUILD.format("data_files='http://127.0.0.1:9/a.txt'")),
    "tiktoken": ("tiktoken", BUILD.format("data_files='a.txt', tokenizer='tiktoken:o200k_base'")),
    "tokenizers": ("tokenizers", BUILD.format("data_files='a.txt', tokenizer='Qwen/Qwen3-8B'")),
    "croissant": ("mlcroissant", "list(sft.dataset_page('page.json').records('all'))"),
    "modelscope": ("modelscope_hub", "sft.publish(ds, 'modelscope://me/x', license='mit')"),
    "ray": ("ray", "sft.ray.build('documents', data_files='a.txt')"),
    "templates": ("jinja2", "ds.map(sft.render(template='{{ messages }}'), batched=True)"),
    "review": ("starlette", "sft.review(ds)"),
}  # fmt: skip
PAGE = """{"@type": "sc:Dataset", "name": "x", "conformsTo": "http://mlcommons.org/croissant/1.0",
"distribution": [{"@type": "cr:FileObject", "@id": "a", "name": "a.csv", "contentUrl": "a.csv"}],
"recordSet": [{"@type": "cr:RecordSet", "@id": "all", "name": "all"}]}"""


def test_every_extra_is_looked_at():
    """An extra that comes to be gets its case."""
    assert {name for name in EXTRAS if not name.startswith("test")} == USES.keys()


@pytest.mark.parametrize("extra", USES)
def test_a_missing_package_is_named_with_what_installs_it(extra, tmp_path):
    """Also where the package is used in another process: readers work in a sandbox."""
    hidden, use = USES[extra]
    (tmp_path / "sitecustomize.py").write_text(HIDE)
    (tmp_path / "a.txt").write_text("The tower is 28.6 m high.")
    (tmp_path / "a.html").write_text("<h1>Tower</h1><p>It is 28.6 m high, and open every day.</p>")
    (tmp_path / "page.json").write_text(PAGE)
    said = [{"role": "user", "content": "How high?"}, {"role": "assistant", "content": "28.6 m"}]
    code = (
        "import datasets, hf_sft_builders as sft\nfrom hf_sft_builders.errors import MissingExtra\n"
        f"ds = datasets.Dataset.from_dict({{'text': ['a'], 'messages': [{said}]}})\n"
        f"try:\n    {use}\nexcept MissingExtra as error:\n    print(error)"
    )
    done = subprocess.run(
        [sys.executable, "-c", code],
        cwd=tmp_path,
        check=False,
        capture_output=True,
        text=True,
        env={
            **os.environ,
            "HF_HOME": str(tmp_path / "home"),
            "HIDDEN_PACKAGES": hidden,
            "PYTHONPATH": os.pathsep.join([str(tmp_path), str(ROOT / "src")]),
        },
    )
    assert f"pip install 'hf_sft_builders[{extra}]'" in done.stdout, done.stderr
    assert "pip install ray[" not in done.stdout  # shells take brackets for a pattern
