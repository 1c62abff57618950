"""Tests stand where one guess looks: those of `nbtrace/<package>/<module>.py` in `tests/<package>/test_<module>.py`."""

from pathlib import Path

import pytest

from tests.places import ROOT

TESTS = ROOT / "tests"
PACKAGE = ROOT / "nbtrace"
SIMULATOR = ROOT / "simulator"
"""Its tests stand in `tests/simulator/`."""

ELSEWHERE = frozenset({"docs", "examples", "fuzz", "golden", "live"})
"""Folders of tests that are of no package: of docs/, the examples, random input, recorded data, a reference binary."""

EXCEPTIONS = {
    "test_benchmarks.py": "what is under benchmarks/",
    "test_cli_scaling.py": "selected by its name, by people and their scripts",
    "test_cli_scaling_phi0.py": "selected by its name, by people and their scripts",
    "test_names.py": "names of classes and files, across packages",
    "test_layers.py": "who may import whom, across packages",
    "test_trace_pixel.py": "selected by its name, by people and their scripts; the function nbtrace.trace_pixel",
    "test_tree.py": "this file",
    "capturing/test_live.py": "a reference binary through the whole package",
    "cli/test_interruption.py": "signals to any command",
    "cli/test_main.py": "what holds for every command",
    "cli/test_own_vocabulary.py": "every command on programs of another physics",
    "cli/test_readme.py": "what README.md and docs/ show",
    "cli/test_steps.py": "a command that shares its module, cli/phi.py, with `nbtrace phi`",
    "cli/test_without_torch.py": "every command where PyTorch is not installed",
    "compare/test_corpus.py": "logs of third parties through all comparisons",
    "compare/test_work.py": "how the work of all comparisons grows with the logs",
    "evidence/test_interruption.py": "a writer killed anywhere in the package",
    "explanation/test_pairs.py": "recorded pairs through the whole package",
    "explanation/test_shared_steps.py": "steps that repeat others in both logs, through the whole package",
    "explanation/test_strangers.py": "programs of another physics through the whole package",
    "loggers/test_fortran.py": "nbtrace/loggers/nbtrace.f90",
    "loggers/test_header.py": "nbtrace/loggers/nbtrace.h",
    "parsers/test_anomalies.py": "what logs suffer, whichever dialect reads them",
    "parsers/test_corpus.py": "logs of third parties through all dialects",
    "parsers/test_examples.py": "the recorded pairs through all dialects",
    "parsers/test_hostile_lines.py": "lines that no program prints, whichever dialect reads them",
    "parsers/test_properties.py": "what holds for any text, whichever dialect reads it",
    "physics/nanobragg/formulas/test_against_simulator.py": "all formulas against the simulator and its derivatives",
    "physics/nanobragg/test_inputs.py": "the inputs of the table of quantities against what all formulas read",
    "programs/test_broken.py": "programs that misbehave, through the two commands that run them",
    "proving/test_live.py": "a reference binary with defects through the whole package",
    "programs/test_live.py": "a reference binary through the whole package",
    "report/figures/test_phi_and_scaling.py": "two figures that share their data and their checks",
    "report/page/test_in_browser.py": "the whole page in a browser",
    "report/test_documents_0_1.py": "documents and bundles of version 0.1, through writers and readers",
    "vocabulary/test_strange_logs.py": "logs of other people's programs through the whole package",
    "report/test_names.py": "names of the sides in every form of a report",
    "simulator/test_command.py": "`python -m simulator`, a program and not a module to import",
    "simulator/test_golden.py": "recorded runs of the reference through the whole simulator",
    "simulator/test_gradients.py": "derivatives through the whole simulator",
    "simulator/test_live.py": "a reference binary against the whole simulator",
    "simulator/test_recorded_lines.py": "recorded random command lines through the whole simulator",
}
"""Files of tests that no single module or package is named as, and what they are of instead."""


def belongs_to(name: str) -> Path:
    """Return the module that a file of tests is named after, without its ending."""
    path = Path(name)
    root, folder = (SIMULATOR, Path(*path.parts[1:-1])) if path.parts[0] == "simulator" else (PACKAGE, path.parent)
    return root / folder / path.stem.removeprefix("test_")


def is_there(module: Path) -> bool:
    return module.with_suffix(".py").is_file() or (module / "__init__.py").is_file()


FILES = [
    path.relative_to(TESTS).as_posix()
    for path in sorted(TESTS.rglob("test_*.py"))
    if path.relative_to(TESTS).parts[0] not in ELSEWHERE
]


@pytest.mark.parametrize("name", [name for name in FILES if name not in EXCEPTIONS])
def test_a_file_of_tests_is_named_as_a_module_or_a_package(name: str) -> None:
    module = belongs_to(name)
    assert is_there(module), (
        f"there is no {module.relative_to(ROOT)}.py: rename the tests, or say in EXCEPTIONS why not"
    )


def test_exceptions_are_needed() -> None:
    assert {name for name in EXCEPTIONS if name not in FILES} == set()
    assert {name for name in EXCEPTIONS if is_there(belongs_to(name))} == set()
