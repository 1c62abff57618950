"""Comparing two traces: the whole of `nbtrace diff` but the words."""

from collections.abc import Iterable, Mapping
from dataclasses import replace
from functools import cached_property
from typing import TYPE_CHECKING, ClassVar

from nbtrace.compare.align import Alignment, align, conflicting, pair_blocks
from nbtrace.compare.artefacts import Physical, set_aside
from nbtrace.compare.check import check
from nbtrace.compare.divergence import Divergence, Group, divergences, first_by_band, group_rows
from nbtrace.compare.final_ratio import FinalRatio, final_ratio
from nbtrace.compare.gaps import Gaps, lacks
from nbtrace.compare.judge import Row, judge
from nbtrace.compare.notices.compared import ComparedLogs
from nbtrace.compare.notices.kinds import all_notices
from nbtrace.compare.occurrences import numbered
from nbtrace.compare.precision import number_formats
from nbtrace.compare.readable import readable_line
from nbtrace.compare.self_check import SelfCheck
from nbtrace.compare.torn_values import without_torn_values
from nbtrace.compare.without_trace import with_statistics
from nbtrace.errors import InputError, UsageError
from nbtrace.frozen import frozen
from nbtrace.presentable import Presentable
from nbtrace.records import Record, Side, Trace
from nbtrace.verdicts.notices import Notice, Weight
from nbtrace.verdicts.status import Status, Verdict
from nbtrace.verdicts.tolerance import Policy
from nbtrace.vocabulary.sides import Names

if TYPE_CHECKING:
    import pandas as pd


@frozen
class Coverage:
    """What was compared and what was not.

    Attributes
    ----------
    expected : int
        Values that at least one side has.
    compared : int
        Values that both sides have and that have a numeric difference or a text to compare.
    skipped : mapping of str to str
        Values that both sides have and that could not be compared, with the reason.
    missing_on_c, missing_on_py : tuple of str
        Quantities of the vocabulary that only the other side printed.
    unknown_on_c, unknown_on_py : tuple of str
        Quantities that the vocabulary does not know, printed by the named side alone.
    """

    expected: int
    compared: int
    skipped: Mapping[str, str]
    missing_on_c: tuple[str, ...]
    missing_on_py: tuple[str, ...]
    unknown_on_c: tuple[str, ...]
    unknown_on_py: tuple[str, ...]


@frozen
class DiffResult(Presentable):
    """Two traces compared.

    Attributes
    ----------
    c, py : Trace
    policy : Policy
    rows : tuple of Row
        In execution order.
    notices : tuple of Notice
        What must be known before the table.
    checks : (SelfCheck, SelfCheck)
        C and Py, each held against itself.
    coverage : Coverage
    verdict : Verdict
    gaps : (Gaps, Gaps)
        What C and what Py lacks of what it prints elsewhere.
    conflicts : frozenset of str
        Quantities that one log prints twice and differently at one place.
    """

    presented_as: ClassVar[str] = "diff"

    c: Trace
    py: Trace
    policy: Policy
    rows: tuple[Row, ...]
    notices: tuple[Notice, ...]
    checks: tuple[SelfCheck, SelfCheck]
    coverage: Coverage
    verdict: Verdict
    gaps: tuple[Gaps, Gaps] = (Gaps(), Gaps())
    conflicts: frozenset[str] = frozenset()

    def counted(self) -> tuple[str, ...]:
        """Return what was compared, and how much of it diverges."""
        covered = self.coverage
        compared = f"{covered.compared} of {covered.expected} values compared"
        counts = f"{compared}; diverging quantities: {len(self.divergences)}"
        return (f"{counts}; {self.c.source} against {self.py.source}",)

    @property
    def names(self) -> Names:
        """What reports call the two programs."""
        return self.c.vocabulary.names

    @property
    def num_blocks(self) -> tuple[int, int]:
        """How many pixel blocks C and Py have."""
        return len(self.c.blocks), len(self.py.blocks)

    @property
    def has_whole_blocks(self) -> bool:
        """Whether the traces hold all of the blocks that they hold anything of."""
        return True

    @property
    def holds_every_row(self) -> bool:
        """Whether there is a row for every value that was compared."""
        return True

    @cached_property
    def groups(self) -> tuple[Group, ...]:
        """The rows by quantity, in execution order."""
        return group_rows(self.rows)

    @cached_property
    def divergences(self) -> tuple[Divergence, ...]:
        """The diverging quantities, each with what it follows from."""
        return divergences(self.groups, self.c.vocabulary)

    @property
    def roots(self) -> tuple[Divergence, ...]:
        """The diverging quantities that follow from no other."""
        return tuple(item for item in self.divergences if item.is_root)

    @property
    def first_divergence(self) -> Row | None:
        """The first row in execution order that diverges."""
        return next((row for row in self.rows if row.status.diverges), None)

    @property
    def first_by_band(self) -> dict[str, Row | None]:
        """The first divergence at the tolerance, at 1e-4 and at 1e-2."""
        return first_by_band(self.rows)

    @cached_property
    def physical(self) -> Physical:
        """The first divergence apart from artefacts of the logs."""
        return set_aside(self.rows, self.c.vocabulary)

    @cached_property
    def final_ratio(self) -> FinalRatio | None:
        """What a final value that is far from the other side's may come from; None where it is near."""
        return final_ratio(self.rows, self.physical.material, self.c, self.py)

    @cached_property
    def table(self) -> "pd.DataFrame":
        """One row per compared value, as a pandas DataFrame."""
        import pandas as pd  # noqa: PLC0415 - slow to import, and only a notebook needs it

        return pd.DataFrame([_cells(row, self.c.vocabulary.sweep) for row in self.rows])


def _cells(row: Row, sweep: str | None) -> dict[str, object]:
    c, py = (record.numbers[0] if len(record.numbers) == 1 else record.value.text for record in (row.c, row.py))
    difference = row.difference
    return {
        "quantity": row.quantity,
        "sample": row.index.sample,
        "phi_tic": row.index.ordinal(sweep),
        "c_value": c,
        "py_value": py,
        "component": row.component,
        "delta": difference.delta[difference.worst] if difference else None,
        "rel_delta": difference.relative if difference else None,
        "ratio_py_over_c": difference.ratio if difference else None,
        "tolerance": str(row.tolerance),
        "status": row.status.value,
        "c_line": row.c.line,
        "py_line": row.py.line,
    }


def diff_traces(
    c: Trace, py: Trace, policy: Policy | None = None, *, strict: bool = False, keeps_order: bool = False
) -> DiffResult:
    """Compare two traces.

    Parameters
    ----------
    c, py : Trace
        The reference's and the port's; exchanged if their prefixes say that they were given the other way round.
    policy : Policy, optional
        Tolerances; the defaults if not given.
    strict : bool
        A quantity that only one side has counts as a divergence, and so does an unreadable line.
    keeps_order : bool
        The first stands for the reference whatever its prefixes say.

    Raises
    ------
    InputError
        If one of them holds no value, or there is nothing that both have.
    """
    first = c
    c, py = (c, py) if keeps_order else in_order(c, py)
    exchanged = c is not first
    if c.vocabulary is not py.vocabulary:
        names = f"{c.source} with {c.vocabulary.name}, {py.source} with {py.vocabulary.name}"
        raise UsageError(f"the two logs were read with different vocabularies, load one and give it to both: {names}")
    policy = replace(policy or Policy(), vocabulary=c.vocabulary)
    c, py = with_statistics(*without_torn_values((c, py), policy))
    for trace in (c, py):
        if not trace.records:
            raise InputError(f"{trace.source} holds no trace values{_why_empty(trace)}")
    partners = pair_blocks(c, py)
    c, py = numbered(c, py, partners)
    alignment = align(c, py, partners)
    if not alignment.pairs:
        raise InputError(f"nothing to compare: {c.source} and {py.source} have no quantity in common")
    formats = number_formats(c), number_formats(py)
    sides = c.vocabulary.names
    tolerances = {name: policy.of(name) for name in {pair.quantity for pair in alignment.pairs}}
    rows = tuple(judge(pair, tolerances[pair.quantity], *formats, sides) for pair in alignment.pairs)
    checks = check(c, formulas=False), check(py, formulas=False)
    of_c, of_py = lacks(alignment, c, py, partners)
    gaps = of_c.gaps(of_c.count(c), c, py), of_py.gaps(of_py.count(py), py, c)
    notices = all_notices(ComparedLogs(c, py, partners, checks, alignment, rows, policy, gaps, exchanged))
    covered = coverage(alignment, rows)
    verdict = verdict_of(rows, notices, covered, alignment, (c, py), gaps, strict=strict)
    return DiffResult(c, py, policy, rows, notices, checks, covered, verdict, gaps, conflicts_of(alignment))


def in_order(first: Trace, second: Trace) -> tuple[Trace, Trace]:
    """Return the two traces as (C, Py): exchanged if their prefixes say that they were given the other way round."""
    exchanged = (first.side is Side.PY and second.side is not Side.PY) or (
        first.side is not Side.C and second.side is Side.C
    )
    return (second, first) if exchanged else (first, second)


def conflicts_of(alignment: Alignment) -> frozenset[str]:
    """Return the quantities that one log prints twice and differently at one place."""
    return frozenset(winner.quantity for _, winner in conflicting(alignment))


def _why_empty(trace: Trace) -> str:
    account = trace.account
    if account.total == 0:
        return ": it is empty"
    if account.unreadable:
        first = account.unreadable[0]
        return f": line {first.line}: {first.reason}"
    lines = (
        "its one line is no trace line" if account.total == 1 else f"none of its {account.total} lines is a trace line"
    )
    return f": {lines}; {readable_line(trace.vocabulary, trace.source)}"


def coverage(alignment: Alignment, rows: Iterable[Row]) -> Coverage:
    """Return what was compared, skipped and missing."""
    rows = tuple(rows)
    unmeasured = {Status.SHAPE, Status.NOT_FINITE, Status.MISSING}
    skipped = {row.label: row.reason for row in rows if row.status in unmeasured}
    return Coverage(
        expected=len(rows) + len(alignment.only_c) + len(alignment.only_py),
        compared=len(rows) - len(skipped),
        skipped=skipped,
        missing_on_c=_names(alignment.only_py, known=True),
        missing_on_py=_names(alignment.only_c, known=True),
        unknown_on_c=_names(alignment.only_c, known=False),
        unknown_on_py=_names(alignment.only_py, known=False),
    )


def _names(records: Iterable[Record], *, known: bool) -> tuple[str, ...]:
    return tuple(dict.fromkeys(record.quantity for record in records if (record.known is not None) is known))


def verdict_of(
    rows: Iterable[Row],
    notices: Iterable[Notice],
    covered: Coverage,
    alignment: Alignment,
    traces: tuple[Trace, Trace],
    gaps: tuple[Gaps, Gaps],
    *,
    strict: bool,
) -> Verdict:
    """Return what a comparison as a whole says."""
    if any(notice.weight is Weight.BLOCKING for notice in notices):
        return Verdict.NOT_COMPARABLE
    lacking = any(side.are_differences for side in gaps) or any(trace.account.torn for trace in traces)
    incomplete = covered.missing_on_c or covered.missing_on_py or any(trace.account.unreadable for trace in traces)
    if any(row.status.diverges for row in rows) or lacking or conflicting(alignment) or (strict and incomplete):
        return Verdict.DIFFER
    return Verdict.AGREE
