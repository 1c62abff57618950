"""The reference against itself: what moves when nothing should."""

import math
import time
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from enum import StrEnum
from typing import TYPE_CHECKING, ClassVar

import numpy as np
import numpy.typing as npt

from nbtrace.compare.diff import diff_traces
from nbtrace.compare.metrics import Difference
from nbtrace.errors import InputError, MismatchError, ProgramError, UsageError
from nbtrace.images.image import Image, Pixels
from nbtrace.images.roi import Roi
from nbtrace.parsers import parse_trace
from nbtrace.presentable import Presentable
from nbtrace.programs.command import require_on_detector
from nbtrace.programs.program_source import TRACE_FLAG, ProgramSource
from nbtrace.programs.reservations import require_numbers, require_pixel, reservations
from nbtrace.programs.trace_capture import captured_words
from nbtrace.progress import stage, tracked
from nbtrace.records import Pixel, Trace
from nbtrace.verdicts.notices import Notice, Subject, Weight
from nbtrace.verdicts.status import Verdict
from nbtrace.verdicts.tolerance import Policy, Tolerance
from nbtrace.vocabulary.quantity import Basis

if TYPE_CHECKING:
    from nbtrace.capturing.capture_result import CaptureResult

THREADS = (1, 2, 4)
"""Numbers of threads that the reference is run with; the first is what all else is held against."""

LISTED = 10_000
"""Moved pixels of a knob that are kept, the largest differences first."""

_TRACED_PER_KNOB = 1

SEED = ("-misset_seed", "1")
"""What keeps the clock out of the runs that are to show something else, where it seeds the orientation."""

_CLOCK_LAG = 0.05
"""Seconds by which the clock that a program reads may be behind the one that is waited for."""


class Stability(StrEnum):
    """What the reference is worth as a reference."""

    STABLE = "REF_STABLE"
    UNSTABLE = "REF_UNSTABLE"


@dataclass(frozen=True)
class Knob:
    """One thing that is changed.

    Attributes
    ----------
    name : str
    threads : int
    flags : tuple of str
        Added to the command.
    roi : Roi or None
        Where the image counts; None for all of it.
    by_clock : bool
        Nothing is changed but the second in which the run starts.
    """

    name: str
    threads: int
    flags: tuple[str, ...] = ()
    roi: Roi | None = None
    by_clock: bool = False

    @property
    def regional(self) -> bool:
        """Whether it changes which pixels are computed."""
        return self.roi is not None


@dataclass(frozen=True)
class Moved:
    """A pixel that moved.

    Attributes
    ----------
    pixel : (slow, fast)
    before, after : float
        Value of the first run, and of the run with the knob turned.
    absolute : float
        Size of the difference; inf where it is not finite.
    relative : float or None
        That over the size of the first value; None where that is 0.
    """

    pixel: Pixel
    before: float
    after: float
    absolute: float
    relative: float | None


@dataclass(frozen=True)
class Effect:
    """What a knob does to the image.

    Attributes
    ----------
    knob : Knob
    compared : int
        Pixels that both images have.
    count : int
        Pixels whose bits differ.
    max_absolute, max_relative : float or None
        Largest differences of all these, the relative one of pixels that were not 0; None where there are none.
    moved : tuple of Moved
        The first of them by size of difference.
    failure : str
        Why there is no image; empty where there is one.
    """

    knob: Knob
    compared: int = 0
    count: int = 0
    max_absolute: float | None = None
    max_relative: float | None = None
    moved: tuple[Moved, ...] = ()
    failure: str = ""


@dataclass(frozen=True)
class TracedNoise:
    """What a knob does to one traced quantity at a pixel: the largest differences of its samples."""

    pixel: Pixel
    knob: Knob
    quantity: str
    relative: float | None
    absolute: float


@dataclass(frozen=True)
class TraceTrial:
    """The traces of a pixel with and without a knob.

    Attributes
    ----------
    pixel : (slow, fast)
    knob : Knob
    compared : int
        Values that were compared.
    moved : tuple of TracedNoise
    unlike : tuple of str
        Quantities that only one of the two has as numbers of that shape: they moved, by nothing that can be told.
    reason : str
        Why there is nothing to compare; empty where there is.
    captured : CaptureResult or None
        The capture with the knob turned, where the reference prints no trace.
    """

    pixel: Pixel
    knob: Knob
    compared: int = 0
    moved: tuple[TracedNoise, ...] = ()
    unlike: tuple[str, ...] = ()
    reason: str = ""
    captured: "CaptureResult | None" = None

    @property
    def moves(self) -> bool:
        """Whether the knob moves anything."""
        return bool(self.moved or self.unlike)


@dataclass(frozen=True, eq=False, repr=False)
class Trust(Presentable):
    """The reference held against itself."""

    presented_as: ClassVar[str] = "trust"

    source: ProgramSource
    image: Image
    probe: Pixel
    effects: tuple[Effect, ...]
    trials: tuple[TraceTrial, ...]

    @property
    def notices(self) -> tuple[Notice, ...]:
        """What is to be known of its flags."""
        notes = [Notice(Subject.CONFIGURATION, Weight.WARNING, f"flags: {text}") for text in self.source.line.remarks]
        most = max([self.source.threads, *(effect.knob.threads for effect in self.effects)])
        captured = self.captured
        told = captured_words("the reference", captured) if captured is not None else ""
        notes += [Notice(Subject.LOG, Weight.INFO, told)] if told else []
        return (*reservations(self.source.line, most), *notes)

    @property
    def captured(self) -> "CaptureResult | None":
        """The first capture, where the reference prints no trace and its values were captured."""
        return next((trial.captured for trial in self.trials if trial.captured is not None), None)

    def counted(self) -> tuple[str, ...]:
        """Return what was compared, and how much of it diverges."""
        return (f"changes of the run tried: {len(self.effects)}; traces compared: {len(self.trials)}",)

    @property
    def moved_by_clock(self) -> tuple[Effect, ...]:
        """What the clock moves, where it seeds the orientation."""
        return tuple(effect for effect in self.effects if effect.knob.by_clock)

    @property
    def stability(self) -> Stability:
        """Whether nothing moved: no pixel, no traced value, and every run gave an image."""
        moved = any(effect.count or effect.failure for effect in self.effects)
        return Stability.UNSTABLE if moved or any(trial.moves for trial in self.trials) else Stability.STABLE

    @property
    def verdict(self) -> Verdict:
        """The same as a verdict: a stable reference agrees with itself."""
        return Verdict.AGREE if self.stability is Stability.STABLE else Verdict.DIFFER


@dataclass(frozen=True)
class TrustPlan:
    """What to try.

    Attributes
    ----------
    repeat : int
        Runs that are the same in everything.
    threads : tuple of int
    probe : (slow, fast) or None
        Pixel that is traced and computed alone; by default the brightest.
    traces : bool
        Whether pixels are traced.
    region : Roi or None
        Region that is computed alone, in place of the middle of what the flags compute.
    """

    repeat: int = 3
    threads: tuple[int, ...] = THREADS
    probe: Pixel | None = None
    traces: bool = True
    region: Roi | None = None


def trust(source: ProgramSource, plan: TrustPlan | None = None) -> Trust:
    """Run the reference again and again, and say what moves.

    The second run starts in a later second than any in which the first one ran, so what the clock seeds is seen. Where
    the clock seeds the orientation, that run alone shows it: all others have a seed, and nothing else is blamed for it.

    Parameters
    ----------
    source : ProgramSource
    plan : TrustPlan, optional

    Raises
    ------
    ProgramError, MismatchError
        If the first run gives no image, or a trace is of another pixel than was asked for.
    InputError
        If the image is 0 everywhere, or holds no number.
    UsageError
        If the probe pixel is not computed by these flags, or the plan changes nothing.
    """
    plan = plan or TrustPlan()
    _require_computed(source, plan.region)
    source = _with_threads(source, plan.threads[0])
    with stage("first run of the reference"):
        first = source.run().image
    ended = time.time()
    require_numbers([(source.identity.name, first)], source.line)
    if not np.any(first.pixels[np.isfinite(first.pixels)]):
        raise InputError(f"{source.program.file.name} wrote an image that is 0 everywhere; that tells nothing")
    by_clock: tuple[Effect, ...] = ()
    base, held = source, first
    if source.line.seeded_by_clock:
        _await_second_after(ended)
        by_clock = (_effect(source, first, Knob("a run in a later second", plan.threads[0], by_clock=True)),)
        base = replace(source, line=source.line.with_flag(SEED))
        held, ended = base.run().image, time.time()
    probe = _probe(base, held, plan.probe)
    knobs = tuple(_knobs(base, plan, probe))
    if not knobs:
        raise UsageError("nothing to hold the reference against: give --repeat 2, or more numbers of --threads")
    _await_second_after(ended)
    effects = tuple(_effect(base, held, knob) for knob in tracked(knobs, "runs of the reference", len(knobs)))
    trials = tuple(_trials(base, plan, probe, effects)) if plan.traces else ()
    return Trust(source, first, probe, (*by_clock, *effects), trials)


def _await_second_after(moment: float) -> None:
    """Wait until every clock shows a later second than it did then."""
    while (wait := math.floor(moment) + 1 + _CLOCK_LAG - time.time()) > 0:
        time.sleep(wait)


def _probe(source: ProgramSource, image: Image, wanted: Pixel | None) -> Pixel:
    if wanted is None:
        sizes = np.where(np.isfinite(image.pixels), np.abs(image.pixels), 0.0)
        slow, fast = divmod(int(sizes.argmax()), image.shape[1])
        return slow, fast
    require_on_detector(source.line.shape, wanted)
    region = _computed(source)
    if wanted not in region:
        raise UsageError(f"pixel slow {wanted[0]} fast {wanted[1]} is not computed; these flags compute {region.words}")
    return wanted


def _require_computed(source: ProgramSource, region: Roi | None) -> None:
    """Refuse a region that the flags do not compute, or that is all that they compute.

    Raises
    ------
    UsageError
    """
    whole = _computed(source)
    if region is None:
        return
    corners = ((region.slow_first, region.fast_first), (region.slow_last, region.fast_last))
    if not all(corner in whole for corner in corners):
        raise UsageError(f"region of {region.words} is not computed; these flags compute {whole.words}")
    if region == whole:
        raise UsageError(f"region of {region.words} is all that these flags compute; give a part of it")


def _computed(source: ProgramSource) -> Roi:
    return Roi(*source.line.config.roi)


def _with_threads(source: ProgramSource, threads: int) -> ProgramSource:
    return replace(source, options=replace(source.options, threads=threads))


def _knobs(source: ProgramSource, plan: TrustPlan, probe: Pixel) -> Iterator[Knob]:
    base = plan.threads[0]
    yield from (Knob(f"run {number}", base) for number in range(2, plan.repeat + 1))
    yield from (Knob(f"{count} threads", count) for count in plan.threads[1:])
    if plan.traces:
        yield Knob("tracing", base, (TRACE_FLAG, *map(str, probe)))
    yield from _regional(source, base, probe, plan.region)


def _regional(source: ProgramSource, threads: int, probe: Pixel, region: Roi | None) -> Iterator[Knob]:
    """Yield the knobs that compute fewer pixels: one alone, and a region or the middle of what is computed."""
    alone = Roi(probe[1], probe[1], probe[0], probe[0])
    whole = _computed(source)
    middle = Roi(*_middle(whole.fast_first, whole.fast_last), *_middle(whole.slow_first, whole.slow_last))
    if alone != whole:
        yield Knob(f"ROI of pixel {probe[0]} {probe[1]}", threads, alone.flags, alone)
    if region is not None:
        yield Knob(f"ROI of {region.words}", threads, region.flags, region)
    elif middle not in {whole, alone}:
        yield Knob("ROI of the middle", threads, middle.flags, middle)


def _middle(first: int, last: int) -> tuple[int, int]:
    quarter = (last - first + 1) // 4
    return first + quarter, last - quarter


def _effect(source: ProgramSource, first: Image, knob: Knob) -> Effect:
    try:
        image = _with_threads(source, knob.threads).run(knob.flags).image
    except (ProgramError, MismatchError) as error:
        return Effect(knob, failure=str(error))
    inside = first.pixels if knob.roi is None else first.pixels[knob.roi.slices]
    places = _differing(first.pixels, image.pixels, knob.roi)
    if not len(places):
        return Effect(knob, inside.size)
    before, after = (pixels[places[:, 0], places[:, 1]].astype(np.float64) for pixels in (first.pixels, image.pixels))
    with np.errstate(all="ignore"):
        absolute = np.nan_to_num(np.abs(after - before), nan=np.inf)
        relative = np.where(before == 0.0, np.nan, absolute / np.abs(before))
    known = relative[~np.isnan(relative)]
    order = np.argsort(-absolute, kind="stable")[:LISTED]
    return Effect(
        knob,
        inside.size,
        len(places),
        float(absolute.max()),
        float(known.max()) if known.size else None,
        tuple(
            Moved(
                (int(places[n, 0]), int(places[n, 1])),
                float(before[n]),
                float(after[n]),
                float(absolute[n]),
                None if np.isnan(relative[n]) else float(relative[n]),
            )
            for n in order
        ),
    )


def _differing(first: Pixels, other: Pixels, roi: Roi | None) -> npt.NDArray[np.int64]:
    """Return the places (slow, fast) where the bits differ, shape (n, 2)."""
    bits = f"u{first.itemsize}"
    differ = first.view(bits) != other.astype(first.dtype, copy=False).view(bits)
    places: npt.NDArray[np.int64] = np.argwhere(differ if roi is None else differ[roi.slices])
    return places if roi is None else places + np.array([roi.slow_first, roi.fast_first])


def _trials(source: ProgramSource, plan: TrustPlan, probe: Pixel, effects: Sequence[Effect]) -> Iterator[TraceTrial]:
    """Trace the probe pixel with every knob turned, and the pixel that a knob moved most with that knob."""
    knobs = [effect.knob for effect in effects if TRACE_FLAG not in effect.knob.flags]
    wanted = [(probe, knob) for knob in knobs if _sees(knob, probe)]
    for effect in effects:
        most = [item.pixel for item in effect.moved[:_TRACED_PER_KNOB]]
        wanted += [
            (pixel, effect.knob) for pixel in most if effect.knob in knobs and (pixel, effect.knob) not in wanted
        ]
    base = Knob("as it is", plan.threads[0])
    before: dict[Pixel, _Traced] = {}
    for pixel, knob in tracked(wanted, "traces of the reference", len(wanted)):
        if pixel not in before:
            before[pixel] = _trace(source, base, pixel)
        yield _trial(pixel, knob, before[pixel], _trace(source, knob, pixel))


def _sees(knob: Knob, pixel: Pixel) -> bool:
    return knob.roi is None or pixel in knob.roi


@dataclass(frozen=True)
class _Traced:
    """The trace of a pixel, or why there is none."""

    trace: Trace | None
    reason: str = ""
    captured: "CaptureResult | None" = None


def _trace(source: ProgramSource, knob: Knob, pixel: Pixel) -> _Traced:
    line = source.line.with_flag(knob.flags) if knob.flags else source.line
    turned = _with_threads(replace(source, line=line), knob.threads)
    traced = turned.trace(pixel)
    if traced.text is None:
        return _Traced(None, traced.reason)
    try:
        trace = parse_trace(traced.text, f"{knob.name}, pixel slow {pixel[0]} fast {pixel[1]}")[0]
    except InputError as error:
        return _Traced(None, str(error))
    require_pixel(trace, pixel, source.identity.name, curved=line.config.detector.curved)
    return _Traced(trace, captured=traced.captured)


_EXACT = Policy(relative=Tolerance(0.0, Basis.RELATIVE))


def _trial(pixel: Pixel, knob: Knob, before: _Traced, after: _Traced) -> TraceTrial:
    if before.trace is None or after.trace is None:
        return TraceTrial(pixel, knob, reason=before.reason or after.reason)
    try:
        compared = diff_traces(before.trace, after.trace, _EXACT)
    except InputError as error:
        return TraceTrial(pixel, knob, reason=str(error))
    moved: dict[str, TracedNoise] = {}
    for row in compared.rows:
        if row.difference is not None and any(row.difference.delta):
            moved[row.quantity] = _grown(moved.get(row.quantity), row.difference, pixel, knob, row.quantity)
    only = {*compared.coverage.missing_on_c, *compared.coverage.missing_on_py}
    unlike = only | {row.quantity for row in compared.rows if row.difference is None and row.status.diverges}
    counted = compared.coverage.compared
    return TraceTrial(pixel, knob, counted, tuple(moved.values()), tuple(sorted(unlike)), captured=after.captured)


def _grown(known: TracedNoise | None, moved: Difference, pixel: Pixel, knob: Knob, quantity: str) -> TracedNoise:
    """Return the noise of a quantity with one more difference."""
    relative = abs(moved.relative) if math.isfinite(moved.relative) else None
    absolute = abs(moved.delta[moved.worst])
    if known is not None:
        relative = max((value for value in (known.relative, relative) if value is not None), default=None)
        absolute = max(known.absolute, absolute)
    return TracedNoise(pixel, knob, quantity, relative, absolute)
