"""The notebooks of examples/notebooks: they run, and print what stands in them."""

import ast
import io
import json
from collections.abc import Iterator
from contextlib import redirect_stdout
from pathlib import Path
from typing import Any

import pytest

from tests.places import EXAMPLES

FOLDER = EXAMPLES / "notebooks"
NOTEBOOKS = sorted(FOLDER.glob("*.ipynb"))


def code_of(path: Path) -> Iterator[tuple[str, str]]:
    """Yield each cell of code with what stands below it."""
    for cell in json.loads(path.read_text(encoding="utf-8"))["cells"]:
        if cell["cell_type"] == "code":
            yield "".join(cell["source"]), "".join(map(printed, cell["outputs"]))


def printed(output: dict[str, Any]) -> str:
    text = output["text"] if output["output_type"] == "stream" else output["data"]["text/plain"]
    return "".join(text).rstrip("\n") + "\n"


def run(source: str, names: dict[str, Any]) -> str:
    """Return what a cell prints, and the text of its last expression."""
    body = ast.parse(source).body
    last = body[-1] if isinstance(body[-1], ast.Expr) else None
    body = body[:-1] if last is not None else body
    with redirect_stdout(io.StringIO()) as out:
        exec(compile(ast.Module(body, []), "cell", "exec"), names)  # noqa: S102 - it is ours
        if last is not None:
            value = eval(compile(ast.Expression(last.value), "cell", "eval"), names)  # noqa: S307 - it is ours
            if value is not None:
                print(repr(value))  # noqa: T201 - as a notebook does
    return out.getvalue()


def test_there_are_notebooks() -> None:
    assert {path.stem for path in NOTEBOOKS} == {"own_physics", "pair_of_logs", "two_images"}


@pytest.mark.parametrize("path", NOTEBOOKS, ids=lambda path: path.stem)
def test_a_notebook_prints_what_it_shows(path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(FOLDER)
    names: dict[str, Any] = {}
    shown = 0
    for source, expected in code_of(path):
        assert run(source, names) == expected, source
        shown += bool(expected)
    assert shown >= 4


@pytest.mark.slow  # a kernel
@pytest.mark.parametrize("path", NOTEBOOKS, ids=lambda path: path.stem)
def test_a_notebook_runs_in_jupyter(path: Path) -> None:
    reason = "nbclient, nbformat and ipykernel run a notebook; pip install 'nbtrace[test]'"
    for module in ("nbformat", "nbclient", "ipykernel"):
        pytest.importorskip(module, reason=reason)
    from examples.notebooks.store import executed  # noqa: PLC0415 - it needs what may be missing

    again = [cell for cell in executed(path).cells if cell.cell_type == "code"]
    for cell, (source, expected) in zip(again, code_of(path), strict=True):
        assert (cell.source, "".join(map(printed, cell.outputs))) == (source, expected)
