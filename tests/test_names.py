"""A name means one thing: no public class and no file is called like another one, but for what stands here."""

import ast
from collections import defaultdict
from collections.abc import Iterable, Mapping
from functools import cache
from pathlib import Path, PurePosixPath

import pytest

from tests.places import ROOT

DRAWN = "a figure is named after the result that it draws"
OF_THE_PAGE = "the page has a word of its own for it"

FILES = {
    "nbtrace/report/figures/phi.py": DRAWN,
    "nbtrace/report/figures/scaling.py": DRAWN,
    "nbtrace/report/page/prose.py": OF_THE_PAGE,
    "nbtrace/report/page/provenance.py": OF_THE_PAGE,
    "nbtrace/report/page/tables.py": OF_THE_PAGE,
    "nbtrace/physics/nanobragg/dialects/dialect.py": "a room of physics mirrors the engine's rooms",
}
"""Files that are called like another one, and why."""

FAMILIES = {
    "nbtrace/report/documents/models/*.py": "the models of a document stand in a module of its name",
    "nbtrace/cli/*.py": "a command's module has the command's name",
    "nbtrace/physics/*/*.py": "a room of physics mirrors the engine's rooms",
    "simulator/*.py": "a package of its own that knows nothing of nbtrace",
    "**/__init__.py": "Python's name",
    "**/__main__.py": "Python's name",
}
"""Files that may be called like one elsewhere; among those of one pattern and folder no two can be."""


def files() -> list[Path]:
    return [path for package in ("nbtrace", "simulator") for path in sorted((ROOT / package).rglob("*.py"))]


def relative(path: Path) -> str:
    return path.relative_to(ROOT).as_posix()


@cache
def public_classes() -> Mapping[str, list[str]]:
    """Return the files in which each public class name stands at module level."""
    homes: dict[str, list[str]] = defaultdict(list)
    for path in files():
        for statement in ast.parse(path.read_text(encoding="utf-8")).body:
            if isinstance(statement, ast.ClassDef) and not statement.name.startswith("_"):
                homes[statement.name].append(relative(path))
    return homes


@cache
def file_names() -> Mapping[str, list[str]]:
    """Return the files of each name, without those of a family that may repeat it."""
    homes: dict[str, list[str]] = defaultdict(list)
    for path in map(relative, files()):
        if not any(PurePosixPath(path).match(family) for family in FAMILIES):
            homes[PurePosixPath(path).name].append(path)
    return homes


def twice(homes: Mapping[str, Iterable[str]]) -> dict[str, list[str]]:
    return {name: list(places) for name, places in homes.items() if len(list(places)) > 1}


def test_no_two_public_classes_have_one_name() -> None:
    homes = public_classes()
    assert len(homes) > 300
    assert not twice(homes)


def test_no_two_files_have_one_name() -> None:
    assert not twice({name: [home for home in places if home not in FILES] for name, places in file_names().items()})


@pytest.mark.parametrize("home", FILES)
def test_an_exception_of_a_file_is_one(home: str) -> None:
    assert home in twice(file_names()).get(PurePosixPath(home).name, []), (
        f"{home} is no exception any more: take it out"
    )
