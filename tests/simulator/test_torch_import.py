"""What a process that only simulates leaves out of torch comes when it is asked for, or a compiler is imported."""

import importlib
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

from simulator import torch_import
from simulator.torch_import import PUT_OFF, import_torch_to_simulate
from tests.places import ROOT

PROGRAM = f"""
import sys
from simulator.torch_import import import_torch_to_simulate
import_torch_to_simulate()
import torch
put_off = sys.modules.get({PUT_OFF!r})
before = put_off is None or "__getattr__" in put_off.__dict__
computed = float(torch.sin(torch.ones(3, dtype=torch.float64)).sum())
import torch._dynamo
after = put_off is None or "register_meta" in put_off.__dict__
print(before, computed, after)
"""


@pytest.fixture
def package(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[str]:
    """A package that imports, as torch does, a module that is put off; and has one that compiles."""
    folder = tmp_path / "stands_for_torch"
    folder.mkdir()
    (folder / "__init__.py").write_text("from stands_for_torch import shapes\n")
    (folder / "shapes.py").write_text("import stands_for_torch\nstands_for_torch.known = 7\nSHAPE = 5\n")
    (folder / "compiler.py").write_text("import stands_for_torch\nKNEW = stands_for_torch.known\n")
    monkeypatch.syspath_prepend(tmp_path)
    monkeypatch.setattr(torch_import, "PUT_OFF", "stands_for_torch.shapes")
    monkeypatch.setattr(torch_import, "COMPILERS", frozenset({"stands_for_torch.compiler"}))
    monkeypatch.setattr(torch_import, "require_torch", lambda: importlib.import_module("stands_for_torch"))
    for name in [name for name in sys.modules if name.partition(".")[0] == "torch"]:
        monkeypatch.delitem(sys.modules, name)
    finders = list(sys.meta_path)
    import_torch_to_simulate()
    yield "stands_for_torch"
    sys.meta_path[:] = finders
    for name in [name for name in sys.modules if name.partition(".")[0] == "stands_for_torch"]:
        del sys.modules[name]


def test_it_comes_when_a_name_is_asked_for(package: str) -> None:
    module = sys.modules[package]
    assert not hasattr(module, "known")
    assert module.shapes.SHAPE == 5
    assert module.known == 7
    with pytest.raises(AttributeError, match=r"stands_for_torch\.shapes.* has no attribute 'nothing'"):
        _ = module.shapes.nothing


def test_it_comes_before_a_compiler(package: str) -> None:
    assert importlib.import_module(f"{package}.compiler").KNEW == 7


@pytest.mark.slow
def test_torch_computes_and_compiles_as_ever() -> None:
    done = subprocess.run(
        [sys.executable, "-c", PROGRAM],
        cwd=ROOT,
        env={"PYTHONPATH": str(ROOT)},
        capture_output=True,
        text=True,
        check=True,
    )
    assert done.stdout.split() == ["True", "2.5244129544236893", "True"]


def test_a_torch_that_is_there_is_left_alone() -> None:
    importlib.import_module("torch")
    finders = list(sys.meta_path)
    import_torch_to_simulate()
    assert sys.meta_path == finders
