"""Benchmarks are run by hand: what they import and read is there."""

from collections.abc import Iterator
from importlib import import_module
from pathlib import Path

import pytest

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
    module = import_module(f"benchmarks.{name}")
    assert not [path for value in vars(module).values() for path in paths(value) if not path.exists()]
