"""Two sides on the same flags: their images compared, and the traces of the pixels that matter."""

import os
from collections.abc import Callable, Iterator, Sequence
from contextlib import suppress
from dataclasses import dataclass, field, replace
from typing import TYPE_CHECKING, ClassVar, TypeAlias

import numpy as np

from nbtrace.compare.diff import DiffResult, diff_traces
from nbtrace.compare.images import ImageOptions, ImagesResult, compare_images
from nbtrace.compare.noise import Noise
from nbtrace.errors import InputError
from nbtrace.images.image import Geometry, Image
from nbtrace.images.traced import geometry_told_by
from nbtrace.parsers import parse_trace
from nbtrace.presentable import Presentable
from nbtrace.programs.command import FlagLine, require_on_detector
from nbtrace.programs.reservations import require_numbers, require_pixel, reservations
from nbtrace.programs.side_source import THREADS_VARIABLE, Identity, Made, PixelTrace, SideSource
from nbtrace.programs.trace_capture import captured_words
from nbtrace.progress import stage, tracked
from nbtrace.records import Pixel, Side, Trace
from nbtrace.verdicts.notices import Notice, Subject, Weight
from nbtrace.verdicts.status import Verdict
from nbtrace.verdicts.tolerance import Policy
from nbtrace.vocabulary.sides import Names

if TYPE_CHECKING:
    from nbtrace.explanation.explain import Explanation
    from nbtrace.explanation.images.image_causes import ImageCauses
    from nbtrace.explanation.simulations.run import Simulate
    from simulator.config import Config

Causes: TypeAlias = "Callable[[ImagesResult, Config], ImageCauses]"
"""Returns what runs of a simulator say of two images that were made with a configuration."""

LONGEST_EXPLAINED = 4000
"""Records of a trace that are explained on the way, in half a minute at most; a hundred subpixels."""

_SHOWN = 8
"""Pixels that a notice names."""


@dataclass(frozen=True)
class Plan:
    """What to do with two sides.

    Attributes
    ----------
    images : ImageOptions
        Gates and region of the images.
    repeat : int
        Runs of each side.
    pixels : tuple of (slow, fast)
        Pixels to trace besides the worst and the brightest.
    traces : bool
        Whether pixels are traced at all.
    policy : Policy
        Tolerances of traced quantities.
    noise : Noise or None
        The reference's own scatter.
    simulator : callable or None
        Makes what runs a pixel of a configuration (:func:`nbtrace.embedded.pixel_runs.pixel_runs`), by which the pixels
        that differ are explained too; None leaves such runs out.
    causes : callable or None
        Returns what runs of a simulator say of images that differ.
    alone : bool
        Trace one pixel alone: the first that was asked for, else the worst.
    """

    images: ImageOptions = field(default_factory=ImageOptions)
    repeat: int = 1
    pixels: tuple[Pixel, ...] = ()
    traces: bool = True
    policy: Policy = field(default_factory=Policy)
    noise: Noise | None = None
    simulator: "Callable[[], Simulate] | None" = None
    causes: "Causes | None" = None
    alone: bool = False

    @property
    def names(self) -> Names:
        """What reports call the two sides."""
        return self.policy.vocabulary.names


@dataclass(frozen=True, eq=False)
class SideRun:
    """One side: what it is, and what it made."""

    identity: Identity
    made: Made


@dataclass(frozen=True, eq=False)
class ComparedPixel:
    """A pixel that was traced, or was to be.

    Attributes
    ----------
    pixel : (slow, fast)
    why : str
        What singles it out.
    c, py : PixelTrace
    diff : DiffResult or None
        None where a side has no trace, or there is nothing that both have; `reason` then says so.
    explanation : Explanation or None
        Only where the traces differ and are no longer than :data:`LONGEST_EXPLAINED`.
    reason : str
        Why there is no result, or no explanation of one.
    noise : Notice or None
        What the noise of the reference does to the tolerances, where it is known.
    """

    pixel: Pixel
    why: str
    c: PixelTrace
    py: PixelTrace
    diff: DiffResult | None = None
    explanation: "Explanation | None" = None
    reason: str = ""
    noise: Notice | None = None


@dataclass(frozen=True, eq=False, repr=False)
class Comparison(Presentable):
    """Two sides compared."""

    presented_as: ClassVar[str] = "compare"

    line: FlagLine
    c: SideRun
    py: SideRun
    images: ImagesResult
    probes: tuple[ComparedPixel, ...]
    notices: tuple[Notice, ...]
    causes: "ImageCauses | None" = None

    @property
    def verdict(self) -> Verdict:
        """Whether the images pass every gate."""
        return self.images.verdict

    def counted(self) -> tuple[str, ...]:
        """Return what was compared, and how much of it diverges."""
        return (*self.images.counted(), f"traced pixels: {self.traced}")

    @property
    def speedup(self) -> float | None:
        """Median wall time of C over that of Py."""
        c, py = self.c.made.median_ms, self.py.made.median_ms
        return c / py if c is not None and py else None

    @property
    def first_divergence(self) -> tuple[ComparedPixel, str] | None:
        """The first traced quantity that diverges, in the first probe that has one."""
        for probe in self.probes:
            row = None if probe.diff is None else probe.diff.first_divergence
            if row is not None:
                return probe, row.quantity
        return None

    @property
    def explained(self) -> ComparedPixel | None:
        """The first probe whose differences are explained."""
        return next((probe for probe in self.probes if probe.explanation is not None), None)

    @property
    def traced(self) -> int:
        """Number of pixels whose traces were compared."""
        return sum(probe.diff is not None for probe in self.probes)

    @property
    def captured(self) -> int:
        """Number of these of which a side prints no trace, and its values were captured."""
        compared = [probe for probe in self.probes if probe.diff is not None]
        return sum(probe.c.captured is not None or probe.py.captured is not None for probe in compared)

    @property
    def untraced(self) -> tuple[str, ...]:
        """Why pixels were not traced on both sides."""
        return tuple(dict.fromkeys(probe.reason for probe in self.probes if probe.diff is None))


def compare(c: SideSource, py: SideSource, line: FlagLine, plan: Plan) -> Comparison:
    """Make both images, compare them, and trace the worst and the brightest pixel on both sides.

    Raises
    ------
    UsageError
        If a pixel of the plan is off the detector.
    ProgramError, MismatchError, InputError
        If a side has no image or one without numbers, the two have different shapes, or a side traces another pixel
        than it was asked for.
    """
    names = plan.names
    for pixel in plan.pixels:
        require_on_detector(line.shape, pixel)
    sides = tuple(
        SideRun(source.identity, source.make(plan.repeat))
        for source in tracked((c, py), f"images of {names.reference} and {names.candidate}", 2)
    )
    require_numbers(
        [(f"{label} ({run.identity.name})", run.made.image) for label, run in zip(names.pair, sides, strict=True)],
        line,
    )
    plan, foreign = _own_noise(plan, line, sides[0].identity)
    images = sides[0].made.image, sides[1].made.image
    traces = _Traces(c, py, names, line.config.detector.curved)
    geometry = _geometry(traces, images[0], line) if plan.traces and not plan.alone else None
    wanted = replace(plan.images, geometry=plan.images.geometry or geometry, names=names)
    options, left_out = _without_noise(wanted, plan.noise, *images)
    with stage("comparing the images"):
        result = compare_images(*images, options)
    probes = (
        tuple(
            _probe(pixel, why, traces, line, plan)
            for pixel, why in tracked(_pixels(result, plan), "pixels traced on both sides")
        )
        if plan.traces
        else ()
    )
    notices = (*_run_notices(sides, line, c.threads, names), *_capture_notices(probes, names), *foreign, *left_out)
    causes = None
    if plan.causes is not None and result.verdict is not Verdict.AGREE:
        causes = plan.causes(result, line.config)
    return Comparison(line, sides[0], sides[1], result, probes, notices, causes)


@dataclass(frozen=True)
class _Traces:
    """The traces of both sides, each made once."""

    c: SideSource
    py: SideSource
    names: Names
    curved: bool
    known: dict[Pixel, tuple[PixelTrace, PixelTrace]] = field(default_factory=dict)

    def of(self, pixel: Pixel) -> tuple[PixelTrace, PixelTrace]:
        """Return both traces of a pixel.

        Raises
        ------
        MismatchError
            If one is of another pixel.
        """
        if pixel not in self.known:
            self.known[pixel] = self._made(self.c, Side.C, pixel), self._made(self.py, Side.PY, pixel)
        return self.known[pixel]

    def _made(self, source: SideSource, side: Side, pixel: Pixel) -> PixelTrace:
        made = source.trace(pixel)
        if made.text is not None:
            with suppress(InputError):
                name = self.names.of(side)
                trace = _parsed(made.text, side, pixel, self.names)
                require_pixel(trace, pixel, f"{name} ({source.identity.name})", curved=self.curved)
        return made


def _geometry(traces: _Traces, image: Image, line: FlagLine) -> Geometry | None:
    """Return where the pixels are, as a trace of the brightest pixel tells it; None if none does."""
    if line.config.detector.curved:
        return None
    sizes = np.where(np.isfinite(image.pixels), image.pixels, -np.inf)
    pixel = divmod(int(sizes.argmax()), image.shape[1])
    for text, side in zip(traces.of(pixel), (Side.C, Side.PY), strict=True):
        if text.text is not None:
            with suppress(InputError):
                return geometry_told_by(_parsed(text.text, side, pixel, traces.names))
    return None


def _own_noise(plan: Plan, line: FlagLine, c: Identity) -> tuple[Plan, list[Notice]]:
    """Return the plan without a noise that was measured on something else; say so."""
    if plan.noise is None:
        return plan, []
    why = plan.noise.stranger_to(line.experiment, c.binary.sha256 if c.binary is not None else None)
    if line.seeded_by_clock:
        why = "orientations that the clock seeded, which excuses nothing"
    if not why:
        return plan, []
    text = f"{plan.noise.name} was measured with {why}; it is not used"
    return replace(plan, noise=None), [Notice(Subject.TOLERANCE, Weight.WARNING, text)]


def _without_noise(
    options: ImageOptions, noise: Noise | None, c: Image, py: Image
) -> tuple[ImageOptions, list[Notice]]:
    """Leave out the pixels that differ by no more than C from itself; say which."""
    if noise is None or (options.mask is not None and options.mask.shape != c.shape):
        return options, []
    within = noise.within(c, py)
    known, count = len(noise.table.pixels), int(within.sum())
    text = f"{noise.name}: {options.names.reference} against itself moves {known} pixel{'s'[: known != 1]}"
    if count == 0:
        return options, [Notice(Subject.TOLERANCE, Weight.INFO, f"{text}; no pixel is left out for that")]
    places = ", ".join(f"{slow} {fast}" for slow, fast in np.argwhere(within)[:_SHOWN])
    places += ", …" if count > _SHOWN else ""
    mask = ~within if options.mask is None else options.mask & ~within
    summary = f"{text}; {count} left out, since they differ by no more than that: {places}"
    notice = Notice(Subject.TOLERANCE, Weight.WARNING, summary)
    return replace(options, mask=mask), [notice]


def _pixels(result: ImagesResult, plan: Plan) -> list[tuple[Pixel, str]]:
    """Return the pixels to trace, each once, with what singles it out."""
    wanted = [(item.pixel, "worst") for item in result.worst_pixels[:1]]
    wanted.append((result.brightest, "brightest"))
    wanted += [(pixel, "asked for") for pixel in plan.pixels]
    reasons: dict[Pixel, list[str]] = {}
    for pixel, why in wanted:
        reasons.setdefault(pixel, []).append(why)
    named = [(pixel, " and ".join(dict.fromkeys(why))) for pixel, why in reasons.items()]
    if not plan.alone:
        return named
    return [item for item in named if not plan.pixels or item[0] == plan.pixels[0]][:1]


def _probe(pixel: Pixel, why: str, made: _Traces, line: FlagLine, plan: Plan) -> ComparedPixel:
    texts = made.of(pixel)
    names = plan.names
    missing = [f"{side}: {text.reason}" for side, text in zip(names.pair, texts, strict=True) if text.text is None]
    if missing:
        return ComparedPixel(pixel, why, *texts, reason="; ".join(missing))
    sides = zip(texts, (Side.C, Side.PY), strict=True)
    c, py = (_parsed(text.text or "", side, pixel, names) for text, side in sides)
    policy, floor = plan.policy, None
    if plan.noise is not None:
        policy = plan.noise.applied(plan.policy, pixel)
        floor = plan.noise.told(plan.policy, policy, pixel)
    try:
        result, explanation = _held_together(c, py, line, replace(plan, policy=policy))
    except InputError as error:
        return ComparedPixel(pixel, why, *texts, reason=str(error))
    if result.verdict is Verdict.AGREE:
        return ComparedPixel(pixel, why, *texts, result, noise=floor)
    reason = ""
    if explanation is None:
        size = max(len(c.records), len(py.records))
        reason = f"not explained: its traces hold {size} records, which takes long; nbtrace explain does it"
    return ComparedPixel(pixel, why, *texts, result, explanation, reason, floor)


def _held_together(c: Trace, py: Trace, line: FlagLine, plan: Plan) -> tuple[DiffResult, "Explanation | None"]:
    """Compare two traces, and explain them if they differ, unless they are long."""
    compared = diff_traces(c, py, plan.policy)
    if compared.verdict is Verdict.AGREE or max(len(c.records), len(py.records)) > LONGEST_EXPLAINED:
        return compared, None
    # The catalogue of causes is loaded only where there is a pair to explain.
    from nbtrace.explanation.explain import explain  # noqa: PLC0415

    simulate = plan.simulator() if plan.simulator is not None else None
    explanation = explain(c, py, line.config, policy=plan.policy, simulate=simulate)
    return explanation.diff, explanation


def _parsed(text: str, side: Side, pixel: Pixel, names: Names) -> Trace:
    """Return a side's trace; of a log with the prefixes of both programs, that of the side."""
    traces = parse_trace(text, f"pixel slow {pixel[0]} fast {pixel[1]} of {names.of(side)}")
    return traces[0] if side is Side.C else traces[-1]


def _run_notices(sides: Sequence[SideRun], line: FlagLine, threads: int, names: Names) -> list[Notice]:
    notices = reservations(line, threads)
    notices += [Notice(Subject.CONFIGURATION, Weight.WARNING, f"flags: {remark}") for remark in line.remarks]
    elsewhere = os.environ.get(THREADS_VARIABLE, str(threads))
    if elsewhere != str(threads):
        text = f"{THREADS_VARIABLE} is {elsewhere} here, and {threads} in this comparison (--threads)"
        notices.append(Notice(Subject.CONFIGURATION, Weight.INFO, text))
    if _is_same_program(*(run.identity for run in sides)):
        alike = len({run.made.digests[:1] for run in sides}) == 1
        moves = "it does not repeat itself (nbtrace trust says which pixels move)"
        text = f"both sides are the same program: {'it always agrees with itself' if alike else moves}"
        notices.append(Notice(Subject.SIDES, Weight.WARNING, text))
    for label, run in zip(names.pair, sides, strict=True):
        if run.made.identical is False:
            distinct = len(set(run.made.digests))
            notices.append(
                Notice(
                    Subject.PRECISION,
                    Weight.WARNING,
                    f"{label} does not repeat itself: {distinct} different images in {len(run.made.digests)} runs; "
                    "the first is compared (nbtrace trust says which pixels move)",
                )
            )
    return notices


def _capture_notices(probes: Sequence[ComparedPixel], names: Names) -> Iterator[Notice]:
    """Yield of each side how its values were captured, where it prints no trace."""
    for label, traces in ((names.reference, [probe.c for probe in probes]), (names.candidate, [p.py for p in probes])):
        captured = next((trace.captured for trace in traces if trace.captured is not None), None)
        if captured is not None:
            yield Notice(Subject.LOG, Weight.INFO, captured_words(label, captured))


def _is_same_program(c: Identity, py: Identity) -> bool:
    """Whether two sides run one program, or copies of it, with the same words."""
    digests = [side.binary.sha256 if side.binary is not None else None for side in (c, py)]
    return c.command[1:] == py.command[1:] and digests[0] == digests[1] is not None
