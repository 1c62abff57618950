"""The view of a comparison of two images."""

from collections.abc import Iterator, Sequence
from typing import TYPE_CHECKING

from nbtrace.compare.images.gates import Gate, tolerance_text
from nbtrace.compare.images.orientation import Orientation
from nbtrace.compare.images.peaks import REACH, SIGMAS, PeakMatching, Place
from nbtrace.compare.images.relation import RelationKind
from nbtrace.compare.images.result import ImagesResult, WorstPixel
from nbtrace.compare.images.shells import Shell
from nbtrace.images.autoscaled import is_autoscaled
from nbtrace.images.image import Image
from nbtrace.report.next_steps import FLAGS, FLAGS_MEANT, next_section
from nbtrace.report.view import Column, Command, Line, Section, Table, View, number, percent, signed, typed
from nbtrace.report.views.image_causes_view import cause_headline, cause_sections, near_one
from nbtrace.units import ANGSTROM
from nbtrace.verdicts.status import Verdict
from nbtrace.vocabulary.sides import Names

if TYPE_CHECKING:
    from nbtrace.explanation.images.image_causes import ImageCauses

PERCENTILE = 99.5
"""Of the values in a picture; brighter ones are drawn as dark as this."""

_SHOWN = 5

_GATE_COLUMNS = (
    Column("gate"),
    Column("found", numeric=True),
    Column("allowed", rank=1),
    Column("set by", rank=3),
    Column("what it says", rank=2),
    Column("status"),
)
_STEP_COLUMNS = (Column("steps apart"), Column("pixels", numeric=True), Column("share", numeric=True))
_FIGURE_COLUMNS = (Column("figure"), Column("value", numeric=True))


def _pixel_columns(names: Names) -> tuple[Column, ...]:
    return (
        Column("slow", numeric=True),
        Column("fast", numeric=True),
        Column(names.reference, numeric=True, rank=2, rounds=True, named=True),
        Column(names.candidate, numeric=True, rank=2, rounds=True, named=True),
        Column(names.difference, numeric=True, rank=3, rounds=True, named=True),
        Column("of the larger", numeric=True, rank=1),
        Column("d / Å", numeric=True, rank=5),
        Column("h k l", rank=4),
        Column("status"),
    )


def _shell_columns(names: Names) -> tuple[Column, ...]:
    return (
        Column("d / Å"),
        Column("pixels", numeric=True, rank=2),
        Column(f"sum {names.reference}", numeric=True, rank=1, rounds=True, named=True),
        Column(f"sum {names.candidate}", numeric=True, rank=1, rounds=True, named=True),
        Column(names.ratio, numeric=True, named=True),
    )


def images_view(result: ImagesResult, causes: "ImageCauses | None" = None) -> View:
    """Return the view of a comparison of two images, with what runs of a simulator say of it."""
    return View(
        title=f"Images: {result.names.against}",
        verdict=result.verdict,
        headline=headline(result, causes),
        facts=tuple(_facts(result)),
        notices=result.notices,
        sections=tuple(_sections(result, causes)),
    )


def headline(result: ImagesResult, causes: "ImageCauses | None" = None) -> str:
    """Return the answer in one line: what agrees is said too, so that no gate hides behind another."""
    frames = _frame_words(result)
    if result.verdict is Verdict.AGREE:
        return _agreement(result, f" of {frames}" if frames else "")
    return f"{_difference(result, causes)}{f'; in {frames}' if frames else ''}"


def _frame_words(result: ImagesResult) -> str:
    """Return which images of files of several are compared; empty where both files hold one."""
    frames = result.c.frame, result.py.frame
    if frames[0] == frames[1]:
        return str(frames[0]) if frames[0].count > 1 else ""
    sides = zip(frames, result.names.pair, strict=True)
    return " and ".join(f"{frame} in {side}" for frame, side in sides if frame.count > 1)


def _agreement(result: ImagesResult, of_frame: str) -> str:
    metrics, names = result.metrics, result.names
    worst = f"largest |{names.difference}| {metrics.max_abs_diff:.3g}"
    worst = worst if metrics.max_abs_diff else "no pixel differs"
    if is_autoscaled(result.c) and is_autoscaled(result.py):
        worst += "; each image was scaled by its own maximum, so their scale is not compared"
    return (
        f"{metrics.pixels} pixels{of_frame}, correlation {near_one(metrics.correlation)}, "
        f"scale {near_one(metrics.scale)}, {worst}"
    )


def _difference(result: ImagesResult, causes: "ImageCauses | None") -> str:
    names = result.names
    cause = cause_headline(result, causes)
    finite = result.gate("finite")
    swapped = result.relation is not None and result.relation.has(RelationKind.BYTE_ORDER, RelationKind.EITHER_ORDER)
    if finite is not None and finite.status.diverges and not swapped:
        return "; ".join(filter(None, (_failed(result), cause)))
    if result.rounding is not None and result.gate("rounding") is not None:
        rounded = cause or f"{result.rounding.short(names)}; at most {result.rounding.largest:.3g} is left"
        return f"{rounded}; {result.rounding.lacks()}"
    if cause:
        return cause
    if result.placement is not None:
        return f"{placement_text(result.placement, names)}; {_failed(result)}"
    if result.relation is not None:
        relation = result.relation
        return "; ".join(filter(None, (relation.text(names), relation.leaves(), _failed(result))))
    return _failed(result)


def _failed(result: ImagesResult) -> str:
    diverging = [gate for gate in result.gates if gate.status.diverges]
    for name in ("variation", "finite"):
        gates = [gate for gate in diverging if gate.name == name]
        if gates:
            return "; ".join(gate.reason for gate in gates)
    failed = {gate.name for gate in diverging}
    metrics, names = result.metrics, result.names
    if "correlation" in failed:
        return (
            f"the patterns differ: correlation {near_one(metrics.correlation)}, "
            f"sums {names.ratio} {number(metrics.sum_ratio)}, {_beyond(result)}"
        )
    pattern = f"the same pattern (correlation {near_one(metrics.correlation)})"
    if failed & {"scale", "sum ratio"} and not _is_scale(result):
        return (
            f"{pattern}, but {_beyond(result)}, by at most {number(metrics.max_abs_diff, 4)}; no one factor makes them"
        )
    if failed & {"scale", "sum ratio"}:
        fitted = f"{names.candidate} = {number(metrics.scale)} {names.reference}"
        return (
            f"{pattern} but another scale: {fitted} by least squares, "
            f"sums {names.ratio} {number(metrics.sum_ratio)}; {_beyond(result)}"
        )
    worst = (*result.worst_relative, *result.worst_pixels)[0]
    slow, fast = worst.pixel
    return f"{pattern} and scale, but {_beyond(result)}; slow {slow} fast {fast} by {percent(worst.relative)}"


def _is_scale(result: ImagesResult) -> bool:
    """Tell whether a factor explains at least half of the squared difference.

    Σ(y − x)² = Σ(y − kx)² + (k − 1)² Σx², of which Σx² is to Σxy and Σy² as the two least-squares factors have it.
    """
    scale, reverse = result.metrics.scale, result.metrics.scale_reverse
    if scale is None or not reverse:
        return True
    squares = scale / reverse - 2 * scale + 1
    return squares <= 0 or (scale - 1) ** 2 >= squares / 2


def _beyond(result: ImagesResult) -> str:
    metrics = result.metrics
    return f"{metrics.beyond} of {metrics.pixels} pixels beyond the tolerance"


def placement_text(placement: Orientation, names: Names) -> str:
    """Return in words how the candidate has to be laid on the reference."""
    slow, fast = placement.shift
    turned = names.candidate + (f" {placement.name}" if placement.is_turned else "")
    moved = f"{names.reference} moved by {slow:+d} along slow and {fast:+d} along fast"
    other = moved if (slow, fast) != (0, 0) else f"like {names.reference}"
    return (
        f"{turned} is {other}: correlation of log I {number(placement.correlation, 4)} "
        f"against {number(placement.as_given, 4)} as given"
    )


def _facts(result: ImagesResult) -> Iterator[str]:
    for side, image in zip(result.names.pair, (result.c, result.py), strict=True):
        yield _input_fact(side, image)
    selection = result.selection
    if selection.outside:
        where = [f"the region ({result.options.roi.words})"] if result.options.roi else []
        masked = result.options.mask is not None or any(selection.masked) or any(selection.marked)
        where += ["the mask"] if masked or not where else []
        yield f"Compared: {result.metrics.pixels} pixels; {selection.outside} outside {' and '.join(where)}"
    if result.geometry is not None:
        yield f"Geometry: {result.geometry.origin or 'as given'}"
    overridden = [
        f"{name} set by {result.options.origin(name)}"
        for name in ("relative", "absolute")
        if result.options.origin(name) != "default"
    ]
    mark = f" [override: {', '.join(overridden)}]" if overridden else " (default)"
    yield f"Tolerance of a pixel: {tolerance_text(result.tolerance)}{mark}, of the larger of {result.names.both}"


def _input_fact(side: str, image: Image) -> str:
    slow, fast = image.shape
    return f"{side}: {image.source} ({image.format}; {slow} x {fast} pixels, slow x fast, {image.pixels.dtype.name})"


def _sections(result: ImagesResult, causes: "ImageCauses | None") -> Iterator[Section]:
    yield from cause_sections(result, causes)
    yield Section("Gates", table=Table(_GATE_COLUMNS, tuple(map(_gate, result.gates))))
    yield Section("Figures", table=Table(_FIGURE_COLUMNS, tuple(_figures(result))), detail=True)
    if result.worst_pixels:
        yield Section("Largest differences", table=_pixels(result.worst_pixels, result))
    if result.worst_relative and result.worst_relative != result.worst_pixels:
        title = "Largest relative differences, where neither is 0"
        yield Section(title, table=_pixels(result.worst_relative[:_SHOWN], result), detail=True)
    if result.shells:
        yield Section("Shells of resolution", table=_shells(result), detail=True)
    if result.steps is not None:
        yield _steps(result)
    yield Section("Peaks", items=tuple(_peaks(result.peaks, result.names)))
    yield from _next(result, explained=causes is not None)


def _gate(gate: Gate) -> Line:
    cells = (gate.name, near_one(gate.value), gate.limit, gate.origin, gate.reason, gate.status.value)
    return Line(cells, gate.status, kept=gate.origin != "default")


def _figures(result: ImagesResult) -> Iterator[Line]:
    metrics, names = result.metrics, result.names
    rows: tuple[tuple[str, str], ...] = (
        ("correlation", near_one(metrics.correlation)),
        (f"least-squares k of {names.candidate} = k {names.reference}", number(metrics.scale, 12)),
        (f"sum of {names.reference}", number(metrics.c_sum, 12)),
        (f"sum of {names.candidate}", number(metrics.py_sum, 12)),
        (f"{names.ratio} of the sums", number(metrics.sum_ratio, 12)),
        (f"largest of {names.reference}, of {names.candidate}", f"{number(metrics.c_max)}, {number(metrics.py_max)}"),
        (f"root mean square of {names.difference}", number(metrics.rmse)),
        (f"largest |{names.difference}|", number(metrics.max_abs_diff)),
        ("pixels with the same value", f"{metrics.identical} ({percent(metrics.identical / metrics.pixels)})"),
        ("pixels beyond the tolerance", f"{metrics.beyond} ({percent(metrics.share_beyond)})"),
        (f"of these 0 in {names.reference}, in {names.candidate} only", f"{metrics.zero_in_c}, {metrics.zero_in_py}"),
    )
    return (Line(row) for row in rows)


def _pixels(pixels: Sequence[WorstPixel], result: ImagesResult) -> Table:
    """Return a table of pixels; resolution and indices only where they are known."""
    known = {6: result.geometry is not None, 7: result.geometry is not None and result.geometry.cell is not None}
    columns = _pixel_columns(result.names)
    kept = [i for i in range(len(columns)) if known.get(i, True)]
    lines = []
    for pixel in pixels:
        cells = (
            str(pixel.pixel[0]),
            str(pixel.pixel[1]),
            number(pixel.c),
            number(pixel.py),
            signed(pixel.difference, 4),
            percent(pixel.relative),
            number(pixel.resolution / ANGSTROM, 4) if pixel.resolution is not None else "–",
            " ".join(f"{index:.2f}" for index in pixel.hkl or ()),
            pixel.status.value,
        )
        lines.append(Line(tuple(cells[i] for i in kept), pixel.status))
    return Table(tuple(columns[i] for i in kept), tuple(lines))


def _shells(result: ImagesResult) -> Table:
    return Table(_shell_columns(result.names), tuple(map(_shell, result.shells)))


def _shell(shell: Shell) -> Line:
    limits = f"{number(shell.d_max / ANGSTROM, 4)} – {number(shell.d_min / ANGSTROM, 4)}"
    return Line((limits, str(shell.pixels), number(shell.c_sum), number(shell.py_sum), near_one(shell.ratio)))


def _steps(result: ImagesResult) -> Section:
    steps = result.steps
    assert steps is not None  # noqa: S101 - the caller has looked
    total = sum(steps.counts)
    grouped: dict[str, int] = {}
    for digits, count in enumerate(steps.counts):
        text = steps_text(digits)
        grouped[text] = grouped.get(text, 0) + count
    lines = tuple(Line((text, str(count), percent(count / total))) for text, count in grouped.items() if count)
    name = "counts" if steps.number_format == "count" else f"representable numbers of {steps.number_format}"
    return Section(f"How many {name} the pixels are apart", table=Table(_STEP_COLUMNS, lines), detail=True)


def steps_text(digits: int) -> str:
    """Return what distances of so many binary digits are called: 0, 1, 2–3, 4–15, 16–255, then by 256s."""
    for limit, text in ((0, "0"), (1, "1"), (2, "2–3"), (4, "4–15"), (8, "16–255")):
        if digits <= limit:
            return text
    first = (digits - 1) // 8 * 8
    return f"2^{first} to 2^{first + 8}"


def _peaks(peaks: PeakMatching, names: Names) -> Iterator[str]:
    yield (
        f"{names.reference} has {peaks.c_count} peaks above its mean by {SIGMAS:g} standard deviations, "
        f"{names.candidate} {peaks.py_count}; "
        f"{len(peaks.matches)} pairs within {REACH:g} pixels, with partners just below that included"
    )
    if peaks.matches:
        worst = peaks.matches[0]
        yield (
            f"they lie {peaks.mean_distance:.3g} pixels apart on average, {worst.distance:.3g} at most, "
            f"at slow {worst.c[0]:.1f} fast {worst.c[1]:.1f}"
        )
    for side, alone in zip(names.pair, (peaks.c_alone, peaks.py_alone), strict=True):
        if alone:
            yield f"{len(alone)} only in {side}: {_places(alone)}"


def _places(places: Sequence[Place]) -> str:
    shown = ", ".join(f"slow {slow:.1f} fast {fast:.1f}" for slow, fast in places[:_SHOWN])
    return shown + (f" and {len(places) - _SHOWN} more" if len(places) > _SHOWN else "")


def _next(result: ImagesResult, *, explained: bool) -> tuple[Section, ...]:
    """Return what is next where the images differ: their cause, the worst pixel, a page."""
    if result.verdict is Verdict.AGREE:
        return ()
    images = (typed(str(result.c.source)), typed(str(result.py.source)))
    commands = []
    if not explained:
        question = f"which run of the simulator is each, and what is the cause?{FLAGS_MEANT}"
        commands.append(Command(f"nbtrace images {' '.join(images)}{FLAGS}", question))
    if result.worst_pixels:
        slow, fast = result.worst_pixels[0].pixel
        line = f"nbtrace harness --pixel {slow} {fast} --output trace_py.log{FLAGS}"
        question = "how does the pixel with the largest difference come about?"
        commands.append(Command(line, question))
    if explained or not commands:
        line = f"nbtrace images {' '.join(images)} --bundle evidence && nbtrace report evidence"
        commands.append(Command(line, "both images and their difference on a page for others"))
    return next_section(commands=commands)
