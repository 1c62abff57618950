"""What may be changed in nanoBragg's flags to make a case smaller: options, values, lines of input files, counts."""

import hashlib
import math
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field, replace
from pathlib import Path

from nbtrace.errors import UsageError
from nbtrace.files import read_bytes, write_new
from nbtrace.physics.nanobragg.simpler_values import fewer, rounder, shorter_range
from nbtrace.programs.leniency import LENIENT
from nbtrace.reduction.case import FlagCase, Listing, ReductionStage, WordEdit
from simulator.arguments import CommandLine, examine
from simulator.c_numbers import starts_with_number
from simulator.config import Config
from simulator.errors import SimulatorError
from simulator.flags import Flag, Special, ValueKind
from simulator.matching import Act
from simulator.work import least_samples

_COUNTS = (
    "crystal.Na",
    "crystal.Nb",
    "crystal.Nc",
    "crystal.mosaic_domains",
    "crystal.phisteps",
    "beam.dispsteps",
    "beam.hdivsteps",
    "beam.vdivsteps",
    "detector.detpixels_fast",
    "detector.detpixels_slow",
    "detector.detsize_fast_mm",
    "detector.detsize_slow_mm",
    "detector.thicksteps",
    "sampling.oversample",
)
"""Fields that say how much is computed."""

_PIXELS = ("sampling.roi_fast_slow", "output.print_pixel_fast_slow", "execution.trace_pixel_slow_fast")
_OURS = "execution."
_LISTS = ("structure.hkl_file", "beam.source_file")
_LENGTHS, _ANGLES = (100.0,), (90.0,)
_PLAIN = (0.0, 1.0)
_SIZES = (1.0, 2.0, 5.0, 10.0, 20.0, 50.0, 100.0)
_DEFAULT = Config()


@dataclass
class FlagMoves:
    """The changes of a command line of nanoBragg.

    Attributes
    ----------
    folder : Path or None
        Where shorter input files are written; None to leave all files as they are.
    """

    folder: Path | None = None
    _written: set[Path] = field(default_factory=set)
    _commands: dict[tuple[str, ...], CommandLine | None] = field(default_factory=dict)

    def drops(self, case: FlagCase) -> tuple[WordEdit, ...]:
        """Return the options, each with its values; a word of no option stands alone."""
        edits, covered = [], 0
        for act in self._acts(case):
            edits += [_drop(case, place, place + 1) for place in range(covered, act.index)]
            covered = act.index + 1 + len(act.values)
            edits.append(_drop(case, act.index, covered))
        edits += [_drop(case, place, place + 1) for place in range(covered, len(case.words))]
        return tuple(edit for edit in edits if edit.old != (LENIENT,))

    def ladders(self, case: FlagCase, stage: ReductionStage) -> tuple[tuple[WordEdit, ...], ...]:
        """Return what may stand in place of each value of a stage, the simplest first."""
        found: list[tuple[WordEdit, ...]] = []
        for act in self._acts(case):
            if _stage_of(act.flag) is stage:
                found += _of_region(act, self._config(case)) if act.flag.sets == _PIXELS[:1] else _of_values(act)
        return tuple(found)

    def listings(self, case: FlagCase) -> tuple[Listing, ...]:
        """Return the lists of reflections and of sources; none without a folder for shorter ones."""
        return tuple(self._lists(case)) if self.folder is not None else ()

    def has_lists(self, case: FlagCase) -> bool:
        """Tell whether there are files of which lines could go."""
        return any(len(listing.lines) > 1 for listing in self._lists(case))

    def _lists(self, case: FlagCase) -> Iterator[Listing]:
        for act in self._acts(case):
            if act.flag.sets[:1] and act.flag.sets[0] in _LISTS:
                path = Path(act.values[0])
                lines = tuple(line for line in read_bytes(path).splitlines(keepends=True) if line.strip())
                yield Listing(act.index + 1, act.values[0], lines)

    def shortened(self, case: FlagCase, listing: Listing, lines: tuple[bytes, ...]) -> FlagCase:
        """Return a case that reads a file of these lines, which is written if it is not there."""
        if self.folder is None:
            raise UsageError("there is no folder for shorter input files")
        content = b"".join(lines)
        old = Path(listing.name)
        stem = old.stem.partition("_short_")[0]
        path = self.folder / f"{stem}_short_{hashlib.sha256(content).hexdigest()[:12]}{old.suffix}"
        if not path.exists():
            self._written.add(write_new(path, content, force=True))
        words = list(case.words)
        words[listing.place] = str(path)
        return replace(case, words=tuple(words))

    def tidy(self, *kept: FlagCase) -> None:
        """Remove the shorter files that were written here and that no case of these reads."""
        read = {word for case in kept for word in case.words}
        for path in self._written:
            if str(path) not in read:
                path.unlink(missing_ok=True)

    def size(self, case: FlagCase) -> int | None:
        """Return the samples that it computes at least: pixels, subpixels, φ steps, domains, layers."""
        command = self._command(case)
        return None if command is None else least_samples(command.config)

    def _command(self, case: FlagCase) -> CommandLine | None:
        """Return what the words mean; None where they make no run."""
        if case.words not in self._commands:
            words = [word for word in case.words if word != LENIENT]
            try:
                self._commands[case.words] = examine(words)
            except SimulatorError:
                self._commands[case.words] = None
        return self._commands[case.words]

    def _config(self, case: FlagCase) -> Config:
        command = self._command(case)
        return _DEFAULT if command is None else command.config

    def _acts(self, case: FlagCase) -> list[Act]:
        """Return the options in the order in which they stand, placed in the words of the case."""
        command = self._command(case)
        if command is None:
            return []
        places = [place for place, word in enumerate(case.words) if word != LENIENT]
        acts = sorted((act for act in command.acts if act.meant), key=lambda act: act.index)
        covered, kept = 0, []
        for act in acts:
            if act.index >= covered:  # a value that is also taken for a flag belongs to its option
                covered = act.index + 1 + len(act.values)
                kept.append(replace(act, index=places[act.index]))
        return kept


def _drop(case: FlagCase, start: int, stop: int) -> WordEdit:
    return WordEdit(start, stop, (), case.words[start:stop])


def _stage_of(flag: Flag) -> ReductionStage | None:
    """Return the stage in which the values of a flag are made simpler; None if they stay."""
    if flag.kind in {ValueKind.FILE, ValueKind.WORD} and flag.special is not Special.ABSORPTION:
        return None
    first = flag.sets[0] if flag.sets else ""
    if first in _PIXELS:
        return ReductionStage.PIXEL
    if first in _COUNTS:
        return ReductionStage.COUNTS
    return None if first.startswith(_OURS) or flag.special is Special.HEADER else ReductionStage.VALUES


def _of_values(act: Act) -> Iterator[tuple[WordEdit, ...]]:
    """Yield for each value of an option what may stand in its place."""
    for place, text in enumerate(act.values):
        yield tuple(_replaced(act, {place: simpler}) for simpler in _simpler(act, place, text))


def _replaced(act: Act, values: dict[int, str]) -> WordEdit:
    new = tuple(values.get(place, text) for place, text in enumerate(act.values))
    first, last = min(values), max(values)
    start = act.index + 1 + first
    return WordEdit(
        start, start + last + 1 - first, new[first : last + 1], (act.argument, *act.values), (act.argument, *new)
    )


def _simpler(act: Act, place: int, text: str) -> tuple[str, ...]:
    flag = act.flag
    if not starts_with_number(text):
        return ()
    default = _default(flag)
    if _stage_of(flag) is ReductionStage.COUNTS and flag.kind is ValueKind.INTEGER:
        return fewer(text, without=default)
    if _stage_of(flag) is ReductionStage.COUNTS:
        return rounder(text, _SIZES)
    if flag.special is Special.CELL:
        return rounder(text, _LENGTHS if place < 3 else _ANGLES)
    if _stage_of(flag) is ReductionStage.PIXEL:
        return rounder(text, (0.0,))
    known = () if default is None else (default,)
    return tuple(word for word in rounder(text, (*known, *_PLAIN)) if default is None or float(word) != default)


def _default(flag: Flag) -> float | None:
    """Return the value that a flag of one value stands for where it is absent: its absence is tried in its place."""
    if flag.count != 1 or flag.special is not None or not flag.sets:
        return None
    section, _, name = flag.sets[0].partition(".")
    value = getattr(getattr(_DEFAULT, section), name)
    return float(value) if isinstance(value, int | float) and not isinstance(value, bool) else None


def _of_region(act: Act, config: Config) -> Iterator[tuple[WordEdit, ...]]:
    """Yield the smaller regions."""
    if len(act.values) != 4:
        return
    first_f, last_f, first_s, last_s = config.roi
    fast, slow = shorter_range(first_f, last_f), shorter_range(first_s, last_s)
    regions = [(*f, *s) for f, s in zip(fast, slow, strict=False)]
    regions += [(*f, first_s, last_s) for f in fast]
    regions += [(first_f, last_f, *s) for s in slow]
    yield tuple(
        _replaced(act, dict(enumerate(map(str, region)))) for region in sorted(dict.fromkeys(regions), key=_pixels)
    )


def _pixels(region: Sequence[int]) -> int:
    return math.prod((region[1] - region[0] + 1, region[3] - region[2] + 1))
