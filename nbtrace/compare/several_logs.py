"""Several logs against one: where each leaves the reference, and which of them leave it together."""

from collections import Counter
from collections.abc import Iterator, Sequence
from dataclasses import replace
from functools import cached_property
from pathlib import PurePath
from typing import ClassVar, NamedTuple, TypeAlias

from nbtrace.compare.diff import DiffResult
from nbtrace.compare.judge import Row
from nbtrace.compare.metrics import is_finite
from nbtrace.errors import ExitCode
from nbtrace.frozen import frozen
from nbtrace.presentable import Presentable
from nbtrace.records import Record, Trace
from nbtrace.verdicts.case_names import pair_case
from nbtrace.verdicts.notices import Weight
from nbtrace.verdicts.status import Verdict
from nbtrace.verdicts.tolerance import Policy
from nbtrace.vocabulary.sides import Names

SAME_DEPARTURE = 0.01
"""Two values are one departure from the reference only if they are this much closer to each other than to it."""

_Place: TypeAlias = tuple[str, int, str, str]
"""A value of the reference: its quantity, its line, where in the computation it belongs, and as it is printed."""


@frozen
class LogAgainstReference:
    """One of several logs, held against the reference.

    Attributes
    ----------
    source : str
        Its name, as it was given.
    diff : DiffResult or None
        None where nothing could be compared; `reason` then says why.
    reason : str
    error : ExitCode or None
        Of a log that could not be compared.
    side, cause : str
        Who is wrong where it leaves the reference (`c`, `py`, `both`, `unknown`), and the name of the cause, where an
        explanation was asked for and tells; else empty.
    """

    source: str
    diff: DiffResult | None
    reason: str = ""
    error: ExitCode | None = None
    side: str = ""
    cause: str = ""

    @classmethod
    def of(cls, source: str, diff: DiffResult) -> "LogAgainstReference":
        """Return a log that was compared; where the two are of different things, the reason says which."""
        if diff.verdict is not Verdict.NOT_COMPARABLE:
            return cls(source, diff)
        stop = next((notice.text for notice in diff.notices if notice.weight is Weight.BLOCKING), "")
        return cls(source, diff, stop, ExitCode.MISMATCH)

    @property
    def verdict(self) -> Verdict:
        """What its comparison says."""
        return Verdict.NOT_COMPARABLE if self.diff is None else self.diff.verdict

    @property
    def leaves_at(self) -> Row | None:
        """Where it leaves the reference: the first divergence, artefacts of the logs apart where others diverge."""
        if self.diff is None or self.verdict is Verdict.NOT_COMPARABLE:
            return None
        first = self.diff.first_divergence
        if first is None or first.quantity not in self.diff.physical.artefacts:
            return first
        return self.diff.physical.first or first

    @property
    def compared(self) -> int:
        """Values that were compared."""
        return 0 if self.diff is None else sum(group.compared for group in self.diff.groups)

    @property
    def agreeing(self) -> int:
        """Values of these that agree."""
        return 0 if self.diff is None else self.compared - sum(group.diverging for group in self.diff.groups)


@frozen
class SharedDivergence:
    """Logs that leave the reference at one value.

    Attributes
    ----------
    logs : tuple of str
        At least two.
    row : Row
        That of the first of them.
    same_value : bool
        Whether they have one value there, another than the reference's.
    is_first : bool
        Whether it is the first divergence of each; else it is the first above 1e-4 of some.
    common : int
        Values that all of them, and the reference, have; 0 where they do not have one value, or the logs are so long
        that not all of their values are kept.
    apart : int
        Values of these in which they differ from each other.
    """

    logs: tuple[str, ...]
    row: Row
    same_value: bool
    is_first: bool
    common: int = 0
    apart: int = 0

    @property
    def agree_with_each_other(self) -> bool:
        """Whether they agree in everything but with the reference."""
        return self.same_value and self.common > 0 and self.apart == 0


@frozen
class SeveralLogs(Presentable):
    """Several logs against one.

    Attributes
    ----------
    reference : Trace
        As it was read; of a long log the part that was kept for the first comparison.
    policy : Policy
    logs : tuple of LogAgainstReference
        In the order in which they were given.
    """

    presented_as: ClassVar[str] = "diff_several"

    reference: Trace
    policy: Policy
    logs: tuple[LogAgainstReference, ...]

    @property
    def names(self) -> Names:
        """What reports call the reference, and any of the others."""
        return self.reference.vocabulary.names

    def of(self, verdict: Verdict) -> tuple[LogAgainstReference, ...]:
        """Return the logs with a verdict."""
        return tuple(log for log in self.logs if log.verdict is verdict)

    @property
    def verdict(self) -> Verdict:
        """Agreement only if every log was compared and agrees."""
        if self.of(Verdict.DIFFER):
            return Verdict.DIFFER
        return Verdict.NOT_COMPARABLE if self.of(Verdict.NOT_COMPARABLE) or not self.logs else Verdict.AGREE

    @property
    def exit_code(self) -> ExitCode:
        """0 only if all agree, 1 if any differs; else that of the first that could not be compared."""
        if self.verdict is not Verdict.NOT_COMPARABLE:
            return ExitCode.AGREE if self.verdict is Verdict.AGREE else ExitCode.DIFFER
        return next((log.error for log in self.logs if log.error is not None), ExitCode.MISMATCH)

    @cached_property
    def labels(self) -> dict[str, str]:
        """The short name of each log, the reference among them."""
        return short_names((self.reference.source, *(log.source for log in self.logs)))

    @cached_property
    def cases(self) -> dict[str, str]:
        """What waivers and histories call the comparison with each log."""
        reference = self.reference.source
        names = {log.source: pair_case(reference, log.source) for log in self.logs}
        often = Counter(names.values())
        labels = self.labels
        return {
            source: name if often[name] == 1 else f"{labels[reference]} {labels[source]}"
            for source, name in names.items()
        }

    @cached_property
    def shared(self) -> tuple[SharedDivergence, ...]:
        """Which logs leave the reference together, those first that leave it first."""
        return tuple(_shared(self.logs))

    def counted(self) -> tuple[str, ...]:
        """Return how many agree."""
        return (f"{len(self.of(Verdict.AGREE))} of {len(self.logs)} logs agree with {self.reference.source}",)


def short_names(sources: Sequence[str]) -> dict[str, str]:
    """Return for each name the end of it that no other one has: the name of the file, with folders where needed."""
    parts = {source: PurePath(source).parts or (source,) for source in sources}
    found = {}
    for source, own in parts.items():
        others = [other for name, other in parts.items() if name != source]
        length = next(
            (many for many in range(1, len(own)) if all(other[-many:] != own[-many:] for other in others)), len(own)
        )
        found[source] = str(PurePath(*own[-length:]))
    return found


def _shared(logs: Sequence[LogAgainstReference]) -> Iterator[SharedDivergence]:
    leaving: dict[_Place, list[_Leaving]] = {}
    for log in logs:
        for row, is_first in _ways_out(log):
            leaving.setdefault(_place(row), []).append(_Leaving(log, row, is_first))
    for together in leaving.values():
        if len(together) > 1:
            yield from _at_one_place(together)


class _Leaving(NamedTuple):
    """A log and a value in which it leaves the reference; whether that is its first divergence."""

    log: LogAgainstReference
    row: Row
    is_first: bool


def _ways_out(log: LogAgainstReference) -> Iterator[tuple[Row, bool]]:
    """Yield the first divergence, and the first above 1e-4: before it stands, often, how a vector was normalised."""
    first = log.leaves_at
    if first is None or log.diff is None:
        return
    yield first, True
    material = log.diff.physical.material
    if material is not None and _place(material) != _place(first):
        yield material, False


def _at_one_place(together: Sequence[_Leaving]) -> Iterator[SharedDivergence]:
    """Yield the groups that have one value, then, if not all have, that the place is the same."""
    groups: list[list[_Leaving]] = []
    for item in together:
        own = next((group for group in groups if all(_is_one_departure(item.row, of.row) for of in group)), None)
        if own is None:
            groups.append([item])
        else:
            own.append(item)
    for group in groups:
        if len(group) > 1:
            common, apart = _among([item.log for item in group])
            yield replace(_divergence(group, same_value=True), common=common, apart=apart)
    if len(groups) > 1:
        yield _divergence(together, same_value=False)


def _divergence(group: Sequence[_Leaving], *, same_value: bool) -> SharedDivergence:
    names = tuple(item.log.source for item in group)
    return SharedDivergence(names, group[0].row, same_value, all(item.is_first for item in group))


def _place(row: Row) -> _Place:
    return row.c.quantity, row.c.line, row.index.label(), row.c.value.text


def _is_one_departure(one: Row, other: Row) -> bool:
    """Tell whether two logs have one value where they leave the reference: the same text, or far closer than to it."""
    if _is_printed_alike(one.py, other.py):
        return True
    apart = _distance(one, other)
    if apart is None or one.difference is None or other.difference is None:
        return False
    departure = min(max(map(abs, row.difference.delta)) for row in (one, other) if row.difference is not None)
    return apart <= min(one.limit, other.limit) and apart <= SAME_DEPARTURE * departure


def _is_printed_alike(one: Record, other: Record) -> bool:
    """Tell whether two values are printed with the same letters and mean the same: nan is alike, and equals nothing."""
    return (one.value.text, one.scale, one.unit) == (other.value.text, other.scale, other.unit)


def _distance(one: Row, other: Row) -> float | None:
    """Return the largest distance of two values in a component; None where they cannot be subtracted."""
    a, b = _numbers(one), _numbers(other)
    if not a or len(a) != len(b) or not is_finite(a) or not is_finite(b):
        return None
    return max(abs(y - x) for x, y in zip(a, b, strict=True))


def _numbers(row: Row) -> tuple[float, ...]:
    """Return the log's numbers as they were judged: with another unit of the log, or a habit of logging, undone."""
    if row.difference is None:
        return row.py.numbers
    return tuple(value + delta for value, delta in zip(row.c.numbers, row.difference.delta, strict=True))


def _among(logs: Sequence[LogAgainstReference]) -> tuple[int, int]:
    """Return how many values logs have in common with the reference, and in how many of these any two differ."""
    tables = []
    for log in logs:
        if log.diff is None or not log.diff.holds_every_row:
            return 0, 0
        tables.append({_place(row): row for row in log.diff.rows})
    first, *others = tables
    common = [place for place in first if all(place in table for table in others)]
    apart = sum(not _agree([table[place] for table in tables]) for place in common)
    return len(common), apart


def _agree(rows: Sequence[Row]) -> bool:
    """Tell whether logs agree with each other in a value, within what is allowed between them and the reference."""
    return all(_agrees(one, other) for at, one in enumerate(rows) for other in rows[:at])


def _agrees(one: Row, other: Row) -> bool:
    apart = _distance(one, other)
    return _is_printed_alike(one.py, other.py) or (apart is not None and apart <= max(one.limit, other.limit))
