"""Two whole-detector traces compared: for each pixel the first quantity that diverges, in flat memory."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import TypeAlias

import numpy as np

from nbtrace.detector.detector_file import DetectorFile, Flags, pixels_of, portions_in_step
from nbtrace.detector.detector_notices import detector_notices
from nbtrace.detector.detector_result import (
    AGREEING,
    LACKING,
    ONLY_C,
    ONLY_PY,
    UNCOMPARED,
    UNTRACED,
    ApartPixels,
    DetectorCoverage,
    DetectorResult,
    DetectorSide,
    DivergenceMap,
    FirstQuantity,
)
from nbtrace.detector.divergence_table import DivergenceTable
from nbtrace.detector.first_divergences import MOST_QUANTITIES, PortionFirsts, QuantitySummary, apart
from nbtrace.detector.judged_rows import judged
from nbtrace.detector.paired_rows import PairedRows, paired
from nbtrace.detector.pixel_columns import PixelQuantity, in_order
from nbtrace.errors import InputError, MismatchError
from nbtrace.parsers.dialect import dialect_of
from nbtrace.progress import tracked
from nbtrace.verdicts.tolerance import Policy
from nbtrace.vocabulary.quantity import Scope

_TOUCHING = np.ones((3, 3))
"""Pixels that touch with a corner are of one part."""

_Pair: TypeAlias = tuple[PixelQuantity, PixelQuantity]


def compare_detectors(
    c: str | Path,
    py: str | Path,
    policy: Policy | None = None,
    *,
    strict: bool = False,
    table: DivergenceTable | None = None,
) -> DetectorResult:
    """Compare two whole-detector traces, as `nbtrace harness --all-pixels` writes them.

    Parameters
    ----------
    c, py : str or Path
        The reference's and the port's Parquet files.
    policy : Policy, optional
        Tolerances; the defaults if not given.
    strict : bool
        A quantity that only one side has counts as a difference.
    table : DivergenceTable, optional
        Takes the first divergence of each pixel; it is a context manager, and is complete when that ends.

    Raises
    ------
    InputError
        If a file is missing, damaged or no such trace, or there is nothing to compare.
    MismatchError
        If the two are of different detectors, or have rows of different kinds.
    UsageError
        If pyarrow is not installed.
    """
    policy = policy or Policy()
    dialect = dialect_of(policy.vocabulary)
    files = DetectorFile(str(c), dialect), DetectorFile(str(py), dialect)
    shape = _shape(*files)
    pairs = _pairs(*files)
    others = tuple(title for title in _without_numbers(files[0]) if title in _without_numbers(files[1]))
    of_name = {own.name: (own, other) for own, other in pairs}
    ordered = in_order((own for own, _ in pairs), files[0].columns, dialect)
    comparison = _Comparison(
        files, policy, [QuantitySummary(item) for item in ordered], [of_name[item.quantity.name] for item in ordered],
        shape, others,
    )  # fmt: skip
    portions = portions_in_step(*files, comparison.pairs, others)
    for of_c, of_py in tracked(portions, "portions of pixels compared"):
        firsts = comparison.add(paired(of_c, of_py))
        if table is not None:
            table.add(firsts, ordered)
    return comparison.result(strict=strict)


def _without_numbers(file: DetectorFile) -> tuple[str, ...]:
    """Return the columns of a file that hold no plain numbers."""
    return tuple(title for title in file.columns.unused if title not in file.numeric)


def _shape(c: DetectorFile, py: DetectorFile) -> tuple[int, int]:
    """Return how many pixels the detector has, as the files state it, else as far as their pixels reach.

    Raises
    ------
    MismatchError
        If they state different detectors, or have rows of different kinds.
    """
    stated = [file.run.shape for file in (c, py)]
    if None not in stated and stated[0] != stated[1]:
        of_c, of_py = (
            f"{file.source} is of {shape[0]} x {shape[1]} pixels"
            for file, shape in zip((c, py), stated, strict=True)
            if shape
        )
        raise MismatchError(f"two different detectors: {of_c}, {of_py} (slow x fast)")
    kinds = [(file.columns.points, tuple(name for name, _ in file.columns.loops)) for file in (c, py)]
    if kinds[0] != kinds[1]:
        of_c, of_py = (
            f"{file.source} has a row for each {', '.join(file.columns.places) or 'pixel'}" for file in (c, py)
        )
        raise MismatchError(f"two different kinds of table: {of_c}; {of_py}")
    reach = tuple(max(sizes) for sizes in zip(c.extent, py.extent, strict=True))
    known = next((shape for shape in stated if shape is not None), (0, 0))
    return max(reach[0], known[0]), max(reach[1], known[1])


def _pairs(c: DetectorFile, py: DetectorFile) -> list[_Pair]:
    """Return the quantities that both have, in the order of C, under one name or under equivalent ones.

    Raises
    ------
    InputError
        If there is none.
    """
    of_c, of_py = c.columns.quantities, py.columns.quantities
    pairs = [(own, of_py[name]) for name, own in of_c.items() if name in of_py]
    paired_names = {own.name for own, _ in pairs}
    left = {name: own for name, own in of_c.items() if name not in of_py}
    for name, other in of_py.items():
        alike = c.vocabulary.equivalent_names(name)
        partner = next((own for own in left.values() if own.name in alike), None)
        if name not in of_c and partner is not None and not alike & paired_names:
            pairs.append((left.pop(partner.name), other))
    pairs = [(own, other) for own, other in pairs if len(own.columns) == len(other.columns)]
    if not any(own.known is not None for own, _ in pairs):
        raise InputError(f"nothing to compare: {c.source} and {py.source} have no quantity in common")
    if len(pairs) > MOST_QUANTITIES:
        raise InputError(f"{c.source} has {len(pairs)} quantities; up to {MOST_QUANTITIES} are compared")
    return pairs


@dataclass
class _Comparison:
    """A comparison under way."""

    files: tuple[DetectorFile, DetectorFile]
    policy: Policy
    summaries: list[QuantitySummary]
    pairs: list[_Pair]
    shape: tuple[int, int]
    others: Sequence[str]
    _pixels: list[int] = field(default_factory=lambda: [0, 0, 0])
    _agreeing: int = 0
    _lacking_in_all: int = 0
    _apart: dict[int, ApartPixels] = field(default_factory=dict)
    _different: dict[str, None] = field(default_factory=dict)

    def __post_init__(self) -> None:
        self._codes = np.full(self.shape, UNTRACED, dtype=np.int16)
        self._sizes = np.zeros(self.shape, dtype=np.float32)
        self._limits = [self.policy.of(own.name) for own, _ in self.pairs]

    def add(self, rows: PairedRows) -> PortionFirsts:
        """Compare a portion."""
        firsts = PortionFirsts(rows)
        for number, (summary, (own, other)) in enumerate(zip(self.summaries, self.pairs, strict=True)):
            if len(rows):
                found = judged(rows.values_c(own), rows.values_py(other), self._limits[number])
                summary.compared += found.compared
                summary.expected += found.expected
                summary.diverging += firsts.add(number, summary.item, found)
        for number, summary in enumerate(self.summaries):
            summary.add(number, firsts)
        for title in self.others:
            if title not in self._different and rows.first_apart(title) is not None:
                self._different[title] = None
        self._draw(firsts)
        return firsts

    def _draw(self, firsts: PortionFirsts) -> None:
        codes, pixels = firsts.codes(), firsts.pairs.pixels
        slow, fast = pixels_of(pixels)
        if len(slow) and (int(slow.max()) >= self.shape[0] or int(fast.max()) >= self.shape[1]):
            c, py = self.files
            raise InputError(f"{c.source} or {py.source} has pixels beyond those that its own statistics tell of")
        self._codes[slow, fast] = codes
        sizes = np.abs(firsts.relative)
        with np.errstate(over="ignore"):  # beyond float32 a size is infinite
            self._sizes[slow, fast] = np.where(firsts.quantity >= 0, sizes, 0.0)
        for code in (ONLY_C, ONLY_PY, LACKING, UNCOMPARED):
            self._apart[code] = apart(self._apart.get(code, ApartPixels()), pixels[codes == code])
        of_c, of_py, _ = firsts.pairs.rows_of_pixels
        for side, rows in enumerate((of_c > 0, of_py > 0, (of_c > 0) & (of_py > 0))):
            self._pixels[side] += int(rows.sum())
        self._agreeing += int((codes == AGREEING).sum())
        self._lacking_in_all += int(firsts.lacks_rows().sum())

    def result(self, *, strict: bool) -> DetectorResult:
        """Return what the comparison comes to.

        Raises
        ------
        MismatchError
            If no pixel is in both traces.
        InputError
            If nothing could be compared.
        """
        c, py = self.files
        if not self._pixels[2]:
            raise MismatchError(f"{c.source} and {py.source} have no pixel in common")
        if not any(summary.expected for summary in self.summaries):
            raise InputError(f"nothing to compare: {c.source} and {py.source} have no value in a row of both")
        diverging = [number for number, summary in enumerate(self.summaries) if summary.diverging]
        firsts, drawn = self._firsts(diverging)
        coverage = self._coverage()
        sides = tuple(
            DetectorSide(file.source, file.rows, many, file.run)
            for file, many in zip(self.files, self._pixels[:2], strict=True)
        )
        notices = tuple(detector_notices(sides[0], sides[1], coverage, self.policy))
        return DetectorResult(sides[0], sides[1], self.policy, firsts, coverage, notices, drawn, strict)

    def _firsts(self, diverging: Sequence[int]) -> tuple[tuple[FirstQuantity, ...], DivergenceMap]:
        """Return the quantities that diverge, and the map with their numbers in place of those of all."""
        names, places = [], np.zeros(len(self.summaries) + 1, dtype=np.int16)
        found = []
        for number in diverging:
            summary, parts = self.summaries[number], 0
            if summary.pixels and summary.region is not None:
                names.append(summary.item.quantity.name)
                places[number + 1] = len(names)
                slow_0, slow_1, fast_0, fast_1 = summary.region
                parts = _count_parts(self._codes[slow_0 : slow_1 + 1, fast_0 : fast_1 + 1] == number + 1)
            found.append(summary.told(parts))
        first = self._codes > 0
        self._codes[first] = places[self._codes[first]]
        return tuple(found), DivergenceMap(tuple(names), self._codes, self._sizes)

    def _coverage(self) -> DetectorCoverage:
        c, py = self.files
        told = [side.run.shape is not None for side in self.files]
        names = {own.name for own, _ in self.pairs}, {other.name for _, other in self.pairs}
        return DetectorCoverage(
            pixels=self._pixels[2],
            agreeing=self._agreeing,
            only_c=self._apart.get(ONLY_C, ApartPixels()),
            only_py=self._apart.get(ONLY_PY, ApartPixels()),
            lacking=self._apart.get(LACKING, ApartPixels()),
            lacking_in_all=self._lacking_in_all,
            uncompared=self._apart.get(UNCOMPARED, ApartPixels()),
            untraced=int((self._codes == UNTRACED).sum()) if any(told) else None,
            values=sum(summary.compared for summary in self.summaries),
            expected=sum(summary.expected for summary in self.summaries),
            quantities=tuple(item.item.quantity.name for item in self.summaries if item.compared),
            empty=tuple(item.item.quantity.name for item in self.summaries if not item.expected),
            missing_on_c=tuple(name for name in py.columns.quantities if name not in names[1]),
            missing_on_py=tuple(name for name in c.columns.quantities if name not in names[0]),
            unused_c=dict(self._left(c)),
            unused_py=dict(self._left(py)),
            equal=tuple(title for title in self.others if title not in self._different),
            apart=tuple(self._different),
            one_sided=(*_unpaired(py, names[1], c), *_unpaired(c, names[0], py)),
            unfinished=_lacks_final(c, py) or _lacks_final(py, c),
        )

    def _left(self, file: DetectorFile) -> Iterator[tuple[str, str]]:
        """Yield the columns of a file that were not compared, and why."""
        for title, reason in file.columns.unused.items():
            if title not in self.others:
                yield title, reason


def _count_parts(held: Flags) -> int:
    """Return into how many parts that do not touch the pixels that are set fall; the smallest rectangle around them."""
    if held.all():
        return 1
    from scipy import ndimage  # noqa: PLC0415 - takes long to load, and only what diverges here and there has parts

    return int(ndimage.label(held, _TOUCHING)[1])


def _unpaired(file: DetectorFile, paired_names: set[str], beside: DetectorFile) -> Iterator[str]:
    """Yield the columns of quantities of a file that were not compared, though the other file has them, too."""
    for name, quantity in file.columns.quantities.items():
        if name not in paired_names:
            yield from (title for title in quantity.columns if title in beside.columns.unused)


def _lacks_final(file: DetectorFile, other: DetectorFile) -> bool:
    """Tell whether a file with quantities of pixels lacks the final one, which the other has."""
    own, final = file.columns.quantities, file.vocabulary.final
    known = [item.known for item in own.values() if item.known is not None]
    of_pixels = any(item.scope is not Scope.RUN and not item.indices for item in known)
    return of_pixels and final in other.columns.quantities and final not in own
