"""The house: layers, sizes, public API, clean types and lint."""

import ast
import subprocess
import sys
from pathlib import Path

import pytest

import hf_sft_builders as sft

ROOT = Path(__file__).parent.parent
SOURCES = sorted((ROOT / "src").rglob("*.py"))


def run(*command):
    """Run one of the checks in the environment of the tests."""
    done = subprocess.run(
        [sys.executable, "-m", *command], cwd=ROOT, capture_output=True, text=True, check=False
    )
    assert 0 == done.returncode, done.stdout + done.stderr


@pytest.mark.static
@pytest.mark.parametrize(
    "command", [("ruff", "check", "."), ("ruff", "format", "--check", "."), ("mypy",)]
)
def test_the_code_is_clean(command):
    """Ruff and mypy strict have nothing to say."""
    run(*command)


@pytest.mark.static
def test_imports_point_down():
    """The layers of the design hold, and every module is in one."""
    done = subprocess.run(
        [sys.executable, "-c", "from importlinter.cli import lint_imports_command as c; c()"],
        cwd=ROOT,
        capture_output=True,
        text=True,
        check=False,
    )
    assert 0 == done.returncode, done.stdout + done.stderr


def test_public_names_are_sorted_and_there():
    """`__all__` is sorted, complete, and each name can be had and has words of its own."""
    assert sorted(sft.__all__) == sft.__all__
    for name in sft.__all__:
        value = getattr(sft, name)
        assert name == "__version__" or value.__doc__


def test_unknown_names_are_attribute_errors():
    """A name that is not public is refused as Python does."""
    with pytest.raises(AttributeError, match="no_such_name"):
        _ = sft.no_such_name


@pytest.mark.parametrize("path", SOURCES, ids=lambda path: str(path.relative_to(ROOT / "src")))
def test_modules_and_functions_stay_small(path):
    """No module has over 300 lines, no function over 40; no room is called utils."""
    text = path.read_text(encoding="utf-8")
    assert len(text.splitlines()) <= 300
    assert path.stem not in {"utils", "common", "helpers"}
    for node in ast.walk(ast.parse(text)):
        if isinstance(node, ast.FunctionDef) and node.name not in {"generate_qa"}:
            body = node.end_lineno - node.body[0].lineno
            assert body <= 40, f"{node.name} has {body} lines"


@pytest.mark.parametrize(
    "module",
    [
        "errors",
        "records",
        "ledger",
        "licenses",
        "documents.base",
        "documents.chunking",
        "synthesis.extractive",
        "llm.model",
    ],
)
def test_pure_modules_import_no_datasets_and_no_http(module):
    """What is said to be pure names neither `datasets` nor an HTTP client."""
    root = ROOT / "src" / "hf_sft_builders" / module.replace(".", "/")
    files = [root.with_suffix(".py")] if root.with_suffix(".py").exists() else root.rglob("*.py")
    for path in files:
        for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
            names = (
                [alias.name for alias in getattr(node, "names", [])]
                if isinstance(node, ast.Import)
                else [node.module or ""]
                if isinstance(node, ast.ImportFrom)
                else []
            )
            for name in names:
                assert name.split(".")[0] not in {
                    "datasets",
                    "httpx",
                    "httpx2",
                    "openai",
                    "requests",
                }


def test_importing_stays_light():
    """Importing the package loads no PDF engine, no model client and no pydantic beyond `datasets`' own."""
    code = (
        "import datasets, sys; before = set(sys.modules); import hf_sft_builders; "
        "print(*sorted({m.split('.')[0] for m in set(sys.modules) - before}))"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert not {"pypdfium2", "pypdf", "openai", "pydantic", "numpy"} & set(done.stdout.split())


def test_every_builder_has_its_loading_script():
    """`builders/` has one file per builder of ours."""
    from hf_sft_builders.registry import BUILDERS

    assert sorted(BUILDERS) == sorted(path.stem for path in (ROOT / "builders").glob("*.py"))
