"""What the simulator says where PyTorch is missing or does not load."""

import sys
from collections.abc import Sequence
from importlib.machinery import ModuleSpec
from types import ModuleType

import pytest

from simulator.__main__ import main
from simulator.errors import DependencyError
from simulator.requirements import require_torch

FLAGS = "-cell 100 100 100 90 90 90 -default_F 100 -N 5 -lambda 1 -distance 100 -detpixels 8"


class BrokenTorch:
    """Stands for an installation whose torch fails while it loads."""

    def __init__(self, error: Exception) -> None:
        self.error = error

    def find_spec(self, name: str, path: Sequence[str] | None, target: ModuleType | None = None) -> ModuleSpec | None:
        del path, target
        if name == "torch":
            raise self.error
        return None


def test_where_it_is_nothing_is_said(capsys: pytest.CaptureFixture[str]) -> None:
    require_torch()
    assert capsys.readouterr() == ("", "")


def test_a_run_without_it_is_one_line_and_no_traceback(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setitem(sys.modules, "torch", None)
    assert main(FLAGS.split()) == 2
    written = capsys.readouterr()
    assert written.out == ""
    assert written.err == (
        "simulator: the simulator needs PyTorch, which is not installed; install it (the CPU build will do): "
        "pip install torch\n"
    )


@pytest.mark.parametrize(
    ("error", "words"),
    [
        (OSError("libtorch_cpu.so: cannot open shared object file"), "does not load: libtorch_cpu.so: cannot open"),
        (ImportError("cannot import name '_C'"), "does not load: cannot import name '_C'"),
        (ModuleNotFoundError("No module named 'sympy'", name="sympy"), "does not load: it lacks the package sympy"),
    ],
)
def test_one_that_does_not_load_is_no_missing_one(
    error: Exception, words: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    for name in [name for name in sys.modules if name == "torch"]:
        monkeypatch.delitem(sys.modules, name)
    monkeypatch.setattr(sys, "meta_path", [BrokenTorch(error), *sys.meta_path])
    with pytest.raises(DependencyError, match=words):
        require_torch()


def test_bad_flags_are_told_first(monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> None:
    monkeypatch.setitem(sys.modules, "torch", None)
    assert main(["-bogus"]) == 2
    assert "-bogus" in capsys.readouterr().err
