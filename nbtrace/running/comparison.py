"""Two sides on the same flags: their images compared, and the traces of the pixels that matter."""

from collections.abc import Sequence
from dataclasses import dataclass, field, replace
from typing import TYPE_CHECKING

from nbtrace.compare.comparability import Notice, Subject, Weight
from nbtrace.compare.diff import DiffResult
from nbtrace.compare.images import ImageOptions, ImagesResult, compare_images
from nbtrace.compare.noise import Noise
from nbtrace.compare.status import Verdict
from nbtrace.compare.tolerance import Policy
from nbtrace.errors import InputError
from nbtrace.images.image import Image
from nbtrace.parsers import parse_trace
from nbtrace.records import Pixel, Side, Trace
from nbtrace.running.command import FlagLine
from nbtrace.running.source import Identity, Made, PixelTrace, Source

if TYPE_CHECKING:
    from nbtrace.explanation.explain import Explanation


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
        What the reference differs by from itself.
    """

    images: ImageOptions = field(default_factory=ImageOptions)
    repeat: int = 1
    pixels: tuple[Pixel, ...] = ()
    traces: bool = True
    policy: Policy = field(default_factory=Policy)
    noise: Noise | None = None


@dataclass(frozen=True, eq=False)
class Run:
    """One side: what it is, and what it made."""

    identity: Identity
    made: Made


@dataclass(frozen=True, eq=False)
class Probe:
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
        Only where the traces differ.
    reason : str
    """

    pixel: Pixel
    why: str
    c: PixelTrace
    py: PixelTrace
    diff: DiffResult | None = None
    explanation: "Explanation | None" = None
    reason: str = ""


@dataclass(frozen=True, eq=False)
class Comparison:
    """Two sides compared."""

    line: FlagLine
    c: Run
    py: Run
    images: ImagesResult
    probes: tuple[Probe, ...]
    notices: tuple[Notice, ...]

    @property
    def verdict(self) -> Verdict:
        """Whether the images pass every gate."""
        return self.images.verdict

    @property
    def speedup(self) -> float | None:
        """Median wall time of C over that of Py."""
        c, py = self.c.made.median_ms, self.py.made.median_ms
        return c / py if c is not None and py else None

    @property
    def first_divergence(self) -> tuple[Probe, str] | None:
        """The first traced quantity that diverges, in the first probe that has one."""
        for probe in self.probes:
            row = None if probe.diff is None else probe.diff.first_divergence
            if row is not None:
                return probe, row.quantity
        return None

    @property
    def traced(self) -> int:
        """Number of pixels whose traces were compared."""
        return sum(probe.diff is not None for probe in self.probes)


def compare(c: Source, py: Source, line: FlagLine, plan: Plan) -> Comparison:
    """Make both images, compare them, and trace the worst and the brightest pixel on both sides.

    Raises
    ------
    ProgramError, MismatchError, InputError
        If a side has no image, or the two have different shapes.
    """
    sides = tuple(Run(source.identity, source.make(plan.repeat)) for source in (c, py))
    geometry = next((run.made.image.geometry for run in sides if run.made.image.geometry is not None), None)
    images = tuple(replace(run.made.image, geometry=run.made.image.geometry or geometry) for run in sides)
    options, told = _with_noise(plan, images[0], images[1])
    result = compare_images(images[0], images[1], options)
    probes = tuple(_probe(pixel, why, c, py, line, plan) for pixel, why in _pixels(result, plan)) if plan.traces else ()
    notices = (*told, *_run_notices(sides, line))
    return Comparison(line, sides[0], sides[1], result, probes, notices)


def _pixels(result: ImagesResult, plan: Plan) -> list[tuple[Pixel, str]]:
    """Return the pixels to trace, each once, with what singles it out."""
    wanted = [(pixel, "worst") for pixel in worst_pixels(result)[:1]]
    if result.brightest is not None:
        wanted.append((result.brightest, "brightest"))
    wanted += [(pixel, "asked for") for pixel in plan.pixels]
    reasons: dict[Pixel, list[str]] = {}
    for pixel, why in wanted:
        reasons.setdefault(pixel, []).append(why)
    return [(pixel, " and ".join(dict.fromkeys(why))) for pixel, why in reasons.items()]


def _probe(pixel: Pixel, why: str, c: Source, py: Source, line: FlagLine, plan: Plan) -> Probe:
    texts = c.trace(pixel), py.trace(pixel)
    missing = [f"{side}: {text.reason}" for side, text in zip(("C", "Py"), texts, strict=True) if text.text is None]
    if missing:
        return Probe(pixel, why, *texts, reason="; ".join(missing))
    traces = [_parsed(text, side, pixel) for text, side in zip(texts, (Side.C, Side.PY), strict=True)]
    policy = plan.policy if plan.noise is None else plan.noise.applied(plan.policy, pixel)
    # The catalogue of causes is loaded only where there is a pair to explain.
    from nbtrace.explanation.explain import explain  # noqa: PLC0415

    try:
        found = explain(traces[0], traces[1], line.config, policy=policy)
    except InputError as error:
        return Probe(pixel, why, *texts, reason=str(error))
    differs = found.verdict is not Verdict.AGREE
    return Probe(pixel, why, *texts, diff=found.diff, explanation=found if differs else None)


def _parsed(text: PixelTrace, side: Side, pixel: Pixel) -> Trace:
    """Return a side's trace; of a log with the prefixes of both programs, that of the side."""
    traces = parse_trace(text.text or "", f"{side.label} trace of pixel slow {pixel[0]} fast {pixel[1]}")
    return traces[0] if side is Side.C else traces[-1]


def _run_notices(sides: Sequence[Run], line: FlagLine) -> list[Notice]:
    notices = [Notice(Subject.CONFIGURATION, Weight.WARNING, f"flags: {remark}") for remark in line.remarks]
    for label, run in zip(("C", "Py"), sides, strict=True):
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
