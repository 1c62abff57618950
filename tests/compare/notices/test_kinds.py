"""The table of kinds of notice: it holds every kind there is, and a line in it is all that a new one needs."""

import importlib
import inspect
import pkgutil
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from nbtrace import diff, read_trace
from nbtrace.compare import notices
from nbtrace.compare.notices import kinds
from nbtrace.compare.notices.compared import ComparedLogs, EachSide, LoggedSide
from nbtrace.verdicts.notices import Notice, Subject, Weight


def written() -> set[Callable[..., Iterator[Notice]]]:
    """Return the public functions that look at one log or two, and yield notices."""
    modules = [
        importlib.import_module(f"{notices.__name__}.{found.name}") for found in pkgutil.iter_modules(notices.__path__)
    ]
    functions = [item for module in modules for _, item in inspect.getmembers(module, inspect.isfunction)]
    return {
        function
        for function in functions
        if not function.__name__.startswith("_")
        and function.__annotations__.get("return") == Iterator[Notice]
        and next(iter(function.__annotations__.values())) in {ComparedLogs, LoggedSide}
    }


def listed() -> list[Callable[..., Iterator[Notice]]]:
    return [single for kind in kinds.NOTICE_KINDS for single in (kind.kinds if isinstance(kind, EachSide) else (kind,))]


def test_every_kind_stands_in_the_table_once() -> None:
    assert len(listed()) == len(set(listed()))
    assert set(listed()) == written()


def test_a_line_in_the_table_is_all_that_a_kind_needs(pairs: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def many_rows(logs: ComparedLogs) -> Iterator[Notice]:
        yield Notice(Subject.LOG, Weight.WARNING, f"{len(logs.rows)} rows")

    monkeypatch.setattr(kinds, "NOTICE_KINDS", (many_rows, *kinds.NOTICE_KINDS))
    folder = pairs / "supervisor__685_1039"
    result = diff(read_trace(folder / "c.log"), read_trace(folder / "py.log"))
    assert result.notices[0].text == f"{len(result.rows)} rows"
