"""Benchmarks are run by hand: what they import and read is there."""

from collections.abc import Iterator
from importlib import import_module
from pathlib import Path

import pytest

from benchmarks.reduction import LINES, Trial, tried
from simulator.arguments import parse
from simulator.config import Config, ExecutionConfig
from simulator.defects import Defect
from tests.places import ROOT

NAMES = sorted(path.stem for path in (ROOT / "benchmarks").glob("*.py"))


def paths(value: object) -> Iterator[Path]:
    if isinstance(value, Path):
        yield value
    elif isinstance(value, tuple | list):
        for item in value:
            yield from paths(item)


def test_there_are_benchmarks() -> None:
    assert "hostile_edits" in NAMES


@pytest.mark.parametrize("name", NAMES)
def test_a_benchmark_finds_what_it_needs(name: str) -> None:
    if name == "gpu_counts":
        pytest.importorskip("triton")
    module = import_module(f"benchmarks.{name}")
    assert not [path for value in vars(module).values() for path in paths(value) if not path.exists()]


def test_the_lines_that_are_reduced_have_20_to_30_options() -> None:
    assert len(LINES) == 10
    for line in LINES.values():
        assert 20 <= sum(word[0] == "-" and word[1:2].isalpha() for word in line.split()) <= 30


def read(line: str, mode: str) -> Config:
    """Return what a line means in a mode, apart from how it is run."""
    return parse(line.split(), mode=mode).config.model_copy(update={"execution": ExecutionConfig()})


@pytest.mark.parametrize("defect", [defect for defect in Defect if defect.of_command_line])
def test_a_switch_of_how_flags_are_read_changes_what_a_line_means(defect: Defect) -> None:
    modes = [f"spec,{sign}{defect.value}" for sign in "+-"]
    assert any(read(line, modes[0]) != read(line, modes[1]) for line in LINES.values())


@pytest.mark.slow
@pytest.mark.parametrize(
    ("mode", "line", "left"),
    [
        ("-last_flag_unseen", "-curved_det", "-curved_det"),
        ("+misset_seed_as_misset", "-misset 9 0 0 -misset_seed 5 -N 2", "-misset_seed"),
    ],
)
def test_a_reduced_line_has_the_flags_that_show_it_and_no_smaller_neighbour_fails(
    tmp_path: Path, mode: str, line: str, left: str
) -> None:
    words = f"-cell 60 70 80 90 90 90 -default_F 10 -lambda 1 -detpixels 6 -pixel 9 -N 3 {line}".split()
    found = tried(Trial(mode, tuple(words), f"c-parity,{mode}", tmp_path, check=True, traced=False))
    assert (found.trouble, found.minimal, found.smaller) == ("", True, ())
    assert left in " ".join(found.left)
    assert len(found.left) < len(words)
