"""Comparisons as pytest assertions: what the `parity` fixture does."""

import hashlib
import os
import re
import time
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any, NoReturn, TypeAlias

import pytest

from nbtrace.compare.diff import DiffResult, diff
from nbtrace.compare.status import Verdict
from nbtrace.compare.tolerance import resolve_policy
from nbtrace.errors import NbtraceError
from nbtrace.evidence.bundle import Bundle
from nbtrace.evidence.provenance import Provenance
from nbtrace.files import read_bytes
from nbtrace.parsers import read_trace
from nbtrace.records import Side, Trace
from nbtrace.report import markdown, terminal
from nbtrace.report.diff_view import diff_view
from nbtrace.report.documents import diff_document
from nbtrace.report.view import View, clean

Log: TypeAlias = Trace | str | os.PathLike[str]
Tolerance: TypeAlias = float | str | Sequence[str]

_QUICK = 2000
"""Records of both traces together up to which looking for the cause takes a second or two."""

_SECONDS = 10.0
"""Time that a session gives to looking for causes; many tests may fail of one."""

_NARROW, _WIDE = 80, 120
_SLUG = 80
_unsafe = re.compile(r"[^A-Za-z0-9._-]+")


@dataclass
class Causes:
    """Looks for the causes of differences as long as the whole session has `seconds` left for it."""

    seconds: float = _SECONDS

    def of(self, result: DiffResult) -> "tuple[str, _Failure] | None":
        """Return the answer of `nbtrace explain` in one line, and its result; None where there is none, or no time."""
        size = len(result.c.records) + len(result.py.records)
        if self.seconds <= 0 or size > _QUICK or result.verdict is not Verdict.DIFFER:
            return None
        # The catalogue of causes, which no test that passes needs.
        from nbtrace.explanation.explain import explain  # noqa: PLC0415
        from nbtrace.report.explain_document import explain_document  # noqa: PLC0415
        from nbtrace.report.explain_view import explain_view, headline  # noqa: PLC0415

        started = time.perf_counter()
        found = explain(result.c, result.py, policy=result.policy)
        self.seconds -= time.perf_counter() - started
        if not found.ranked:
            return None
        return headline(found), _Failure("explain", explain_view(found), explain_document(found), {})


@dataclass
class Parity:
    """Compares two traces or two images; a difference fails the test with nbtrace's report.

    Attributes
    ----------
    node : str
        The node id of the test.
    project : Path
        The folder whose `pyproject.toml` may set tolerances.
    report : Path or None
        Where the bundle of a failure is filed.
    width : int
        Columns of the terminal.
    causes : Causes
        Shared by the tests of a session.
    compared : int
        Comparisons made so far.
    """

    node: str
    project: Path
    report: Path | None = None
    width: int = _NARROW
    causes: Causes = field(default_factory=Causes)
    compared: int = 0

    def __call__(self, c: Log, py: Log, **options: Any) -> DiffResult:
        """Compare two things of one kind; the options are those of :meth:`traces`."""
        __tracebackhide__ = True
        return self.traces(c, py, **options)

    def traces(
        self, c: Log, py: Log, *, tolerance: Tolerance = (), policy: Path | None = None, strict: bool = False
    ) -> DiffResult:
        """Compare two traces, as `nbtrace diff` does.

        Parameters
        ----------
        c, py : Trace or path
            The reference's and the port's.
        tolerance : float, str or sequence of str
            The relative tolerance, or what `--tolerance` takes: `"F_cell=1e-3"`, `"hkl_frac=abs:1e-4"`.
        policy : Path, optional
            A TOML file with tolerances.
        strict : bool
            A quantity that only one side has is a difference, too.

        Returns
        -------
        DiffResult
            Of traces that agree; else the test has failed.
        """
        __tracebackhide__ = True
        with _refusing():
            limits = resolve_policy(_options(tolerance), policy, self.project)
            result = diff(_trace(c, Side.C), _trace(py, Side.PY), limits, strict=strict)
        self.compared += 1
        if result.verdict is not Verdict.AGREE:
            self._fail(*self._differing(result, _files(c=c, py=py)))
        return result

    def _differing(self, result: DiffResult, files: Mapping[str, Path]) -> Iterator["_Failure"]:
        """Yield what differs, with its cause in front, and the explanation that tells it."""
        failure = _Failure("diff", diff_view(result, brief=True), diff_document(result), files)
        known = self.causes.of(result)
        if known is None:
            yield failure
            return
        words, explanation = known
        yield replace(failure, view=replace(failure.view, facts=(f"Cause: {words}", *failure.view.facts)))
        yield explanation

    def _fail(self, *failures: "_Failure") -> NoReturn:
        """Fail with the report of the first result; all of them go into the bundle."""
        __tracebackhide__ = True
        text = terminal.render(failures[0].view, min(max(self.width, _NARROW), _WIDE)).rstrip("\n")
        filed = "" if self.report is None else f"\n\n{_filed(failures, self.report / folder_name(self.node))}"
        pytest.fail(text + filed, pytrace=False)


@contextmanager
def _refusing() -> Iterator[None]:
    """Fail a comparison that cannot be made: in one line, and without a bundle, since there is no result."""
    __tracebackhide__ = True
    try:
        yield
    except NbtraceError as error:
        raise pytest.fail.Exception(f"nbtrace: {clean(str(error))}", pytrace=False) from None


@dataclass(frozen=True)
class _Failure:
    """A result that is no agreement, as a bundle takes it: `files` are what was compared, where it is a file."""

    name: str
    view: View
    document: Mapping[str, object]
    files: Mapping[str, Path]


def folder_name(node: str) -> str:
    """Return the name of a test's folder: letters that every file system takes, and a digest that tells tests apart."""
    slug = _unsafe.sub("-", node.replace("::", "--")).strip("-.")[-_SLUG:].lstrip("-.") or "test"
    return f"{slug}-{hashlib.sha256(node.encode('utf-8', 'surrogatepass')).hexdigest()[:12]}"


def _filed(failures: Sequence[_Failure], folder: Path) -> str:
    """File results, and say where; a folder that cannot be written must not hide why the test fails."""
    try:
        for failure in failures:
            provenance = Provenance.collect(inputs=failure.files.values())
            Bundle.open_or_create(folder).add_result(
                failure.name,
                metrics={**failure.document, "provenance": provenance.document()},
                summary_md=markdown.render(failure.view),
                provenance=provenance,
                outputs={name: read_bytes(path) for name, path in failure.files.items()},
            )
    except NbtraceError as error:
        return f"not filed: {clean(str(error))}"
    return f"filed in {clean(str(folder))}"


def _options(tolerance: Tolerance) -> list[str]:
    """Return a tolerance as `--tolerance` takes it."""
    if isinstance(tolerance, str):
        return [tolerance]
    return [repr(float(tolerance))] if isinstance(tolerance, float | int) else list(tolerance)


def _trace(log: Log, side: Side) -> Trace:
    return log if isinstance(log, Trace) else read_trace(log, side)


def _files(**compared: object) -> dict[str, Path]:
    """Return those of the compared things that are files, by the name that a bundle gives them."""
    paths = {side: Path(item) for side, item in compared.items() if isinstance(item, str | os.PathLike)}
    return {f"{side}{''.join(path.suffixes[-2:])}": path for side, path in paths.items()}
