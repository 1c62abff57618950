"""Modules of version 0.1 are found under their old names, with a hint."""

import subprocess
import sys
from importlib import import_module

import pytest

from nbtrace import evidence
from nbtrace.moved import MOVED, new_name
from tests.places import ROOT


@pytest.mark.parametrize("old", MOVED)
def test_an_old_name_gives_the_module_that_has_its_place(old: str) -> None:
    sys.modules.pop(old, None)
    with pytest.warns(DeprecationWarning, match=f"{old} is {MOVED[old]} now"):
        module = import_module(old)
    new = import_module(MOVED[old])
    if module is not new:  # a package
        assert module.__path__ == []
        assert all(getattr(module, name) is value for name, value in vars(new).items() if name[0] != "_")


def test_a_module_of_a_package_that_moved_is_found() -> None:
    sys.modules.pop("nbtrace.running.trust", None)
    with pytest.warns(DeprecationWarning, match=r"nbtrace\.running\.trust is nbtrace\.programs\.trust now"):
        old = import_module("nbtrace.running.trust")
    assert old is import_module("nbtrace.programs.trust")


def test_names_that_never_were_are_not_found() -> None:
    assert new_name("nbtrace.nowhere") is None
    with pytest.raises(ModuleNotFoundError, match=r"nbtrace\.nowhere"):
        import_module("nbtrace.nowhere")


MODULES_0_1 = (ROOT / "tests" / "golden" / "modules_0_1.txt").read_text().split()


@pytest.mark.slow
def test_every_module_of_0_1_can_still_be_imported() -> None:
    code = f"import importlib; [importlib.import_module(name) for name in {MODULES_0_1}]"
    subprocess.run([sys.executable, "-W", "ignore", "-c", code], check=True)
    assert len(MODULES_0_1) > 200
    assert set(MOVED) <= set(MODULES_0_1)


def test_nothing_of_nbtrace_uses_an_old_name() -> None:
    """The table of old names is loaded when one is asked for, and then alone."""
    use = "import sys, nbtrace, nbtrace.__main__; [getattr(nbtrace, name) for name in nbtrace.__all__]"
    code = f"{use}; print(*sys.modules)"
    loaded = subprocess.run([sys.executable, "-c", code], check=True, capture_output=True, text=True).stdout.split()
    assert "nbtrace.embedded.traces" in loaded
    assert "nbtrace.moved" not in loaded


@pytest.mark.parametrize(
    ("old", "new"),
    [("Outcome", "Integrity"), ("Role", "FileRole"), ("Finding", "EntryFinding"), ("Problem", "DocumentProblem")],
)
def test_classes_of_evidence_are_found_under_their_old_names(old: str, new: str) -> None:
    with pytest.warns(DeprecationWarning, match=f"evidence.{old} is {new} now"):
        assert getattr(evidence, old) is getattr(evidence, new)


def test_a_class_that_evidence_never_had_is_not_found() -> None:
    with pytest.raises(AttributeError, match="no attribute 'Nowhere'"):
        _ = evidence.Nowhere
