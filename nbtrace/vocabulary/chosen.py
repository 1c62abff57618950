"""The vocabulary in force: the one that is asked for, else that of the project, else the default."""

import os
from collections.abc import Mapping
from functools import lru_cache
from pathlib import Path
from typing import Any

from nbtrace.documents import read_toml, table_of
from nbtrace.errors import InputError, UsageError
from nbtrace.frozen import frozen
from nbtrace.vocabulary import registry
from nbtrace.vocabulary.sides import Names, given_names
from nbtrace.vocabulary.vocabulary import Vocabulary

PROJECT = "pyproject.toml"
"""The file in which a project names its vocabulary and its tolerances."""

SECTION = "tool.nbtrace"
KEY = "vocabulary"
NAMES = "names"


@frozen
class Chosen:
    """A vocabulary, and the file that it was read from; None for one that has a name."""

    vocabulary: Vocabulary
    file: Path | None = None

    @property
    def name(self) -> str:
        """Its name."""
        return self.vocabulary.name

    @property
    def is_default(self) -> bool:
        """Whether it is the one that logs are read with where nothing else is said."""
        return registry.is_default(self.vocabulary)

    @property
    def inputs(self) -> tuple[str, ...]:
        """The name of its file, if it has one: what a result was made from, besides the logs."""
        return () if self.file is None else (str(self.file),)


def chosen(name: str | None, folder: Path) -> Chosen:
    """Return the vocabulary of that name or file, else that of the `pyproject.toml` of `folder`, else the default.

    The project names it as `vocabulary` in `[tool.nbtrace]`; a file is looked for from there.

    Raises
    ------
    InputError
        If a file cannot be read.
    UsageError
        If there is no such vocabulary, or what is there is none.
    """
    found = _chosen(name, folder)
    names = project_names(folder)
    known = registry.as_called(found.vocabulary if names is None else registry.renamed(found.vocabulary, names))
    return Chosen(known, found.file)


def _chosen(name: str | None, folder: Path) -> Chosen:
    if name is not None:
        return _found(name, Path())
    project = folder / PROJECT
    stated = _stated(project)
    if stated is None:
        return Chosen(registry.load(registry.DEFAULT))
    try:
        return _found(stated, folder)
    except InputError as error:
        raise InputError(f"{project}: {KEY}: {error}") from None


def project_names(folder: Path) -> Names | None:
    """Return the names that the `pyproject.toml` of a folder gives to the two sides; None where it gives none.

    Raises
    ------
    UsageError
        If it gives something else than two different names.
    """
    project = folder / PROJECT
    stated = _setting(project, NAMES)
    if stated is None:
        return None
    where = f"{project}: {SECTION}.{NAMES}"
    if not isinstance(stated, list) or len(stated) != 2 or not all(isinstance(name, str) for name in stated):
        raise UsageError(f'{where} are not two names; write {NAMES} = ["REF", "PORT"]')
    return given_names(stated[0], stated[1], where)


def _found(name: str, folder: Path) -> Chosen:
    if not name.endswith(registry.SUFFIX):
        return Chosen(registry.load(name))
    file = folder / name
    return Chosen(registry.load(str(file)), file)


def _stated(project: Path) -> str | None:
    """Return what a project names as its vocabulary, None where it names none."""
    stated = _setting(project, KEY)
    if stated is None or isinstance(stated, str):
        return stated
    raise UsageError(f'{project}: {SECTION}.{KEY} is no text; write {KEY} = "FILE{registry.SUFFIX}", or a name')


def _setting(project: Path, key: str) -> Any:
    """Return what a project says under a key of nbtrace's table; None where it says nothing."""
    if not os.path.isfile(project):  # noqa: PTH113 - a folder that cannot be searched holds none for us
        return None
    status = os.stat(project)  # noqa: PTH116 - as above
    return _table(project, status.st_dev, status.st_ino, status.st_mtime_ns, status.st_size).get(key)


@lru_cache(maxsize=4)
def _table(project: Path, *as_it_is: object) -> Mapping[str, Any]:
    """Return nbtrace's table in a project's file, which is asked several times in a call."""
    del as_it_is
    return table_of(read_toml(project), SECTION, project)
