"""The cases of a suite as a table of a page, which can be narrowed by status, parameter and quantity."""

from collections.abc import Mapping

from nbtrace.report.documents.filed import names_of, read_as
from nbtrace.report.documents.models.suite import ComparedCase, LackingCase, SuiteDocument
from nbtrace.report.page.tables import SEPARATOR, PageCell, PageColumn, PageTable
from nbtrace.report.view import number
from nbtrace.verdicts.status import Status

SUITE_FORMAT = "nbtrace compare suite"
"""Of the document."""


def case_table(document: Mapping[str, object]) -> PageTable:
    """Return every case of a suite: how it ended, its parameters, what differs in it, and its figures.

    Raises
    ------
    InputError
        If it is no such document.
    """
    names, cases = names_of(document), read_as(SuiteDocument, document).cases
    flags = tuple(dict.fromkeys(flag for case in cases.values() for flag in case.parameters))
    columns = (
        PageColumn("case"),
        PageColumn("verdict"),
        *(PageColumn(flag, filters=True) for flag in flags),
        PageColumn("differs in", filters=True, several=True),
        PageColumn("first divergence"),
        PageColumn("correlation", numeric=True),
        PageColumn(f"sum {names.ratio} − 1", numeric=True),
        PageColumn("worst rel", numeric=True),
        PageColumn(f"{names.reference} ms", numeric=True),
        PageColumn(f"{names.candidate} ms", numeric=True),
    )
    rows = tuple(_row(name, case, flags) for name, case in cases.items())
    return PageTable("Cases", columns, rows)


def _row(name: str, case: ComparedCase | LackingCase, flags: tuple[str, ...]) -> tuple[PageCell, ...]:
    differing = (item.quantity for item in case.quantities if item.status != Status.PASS.value)
    figures = (None, None) if isinstance(case, LackingCase) else (case.correlation, case.sum_ratio)
    return (
        PageCell(name, case.about),
        PageCell(case.outcome, case.reason or ""),
        *(PageCell(case.parameters.get(flag, "")) for flag in flags),
        PageCell(SEPARATOR.join(differing)),
        PageCell(case.first_divergence or ""),
        PageCell(number(figures[0], 9)),
        PageCell("–" if figures[1] is None else f"{figures[1] - 1.0:+.1e}" if figures[1] != 1.0 else "0"),
        PageCell("–" if case.worst_relative is None else f"{case.worst_relative:.1e}" if case.worst_relative else "0"),
        PageCell(number(case.runtime_c_ms, 4)),
        PageCell(number(case.runtime_py_ms, 4)),
    )
