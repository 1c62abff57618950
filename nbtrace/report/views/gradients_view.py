"""The view of two sides' derivatives."""

import math
import shlex
from collections.abc import Iterator

from nbtrace.differentiation.derivative import Derivative
from nbtrace.differentiation.finite_differences import Evaluated
from nbtrace.differentiation.gradient_row import GradientRow, GradientStatus
from nbtrace.differentiation.gradients_result import GradientsResult, ratio_words
from nbtrace.report.view import Column, Line, Section, Table, View, listed, number
from nbtrace.verdicts.status import Status, Verdict
from nbtrace.vocabulary import registry
from nbtrace.vocabulary.sides import Names

_DIGITS = 7
_UNTESTED = (GradientStatus.NOT_DIFFERENTIABLE, GradientStatus.UNMEASURED)


def gradients_view(result: GradientsResult) -> View:
    """Return the view of derivatives held against each other."""
    names = registry.default().names
    return View(
        title="Derivatives",
        verdict=result.verdict,
        headline=_headline(result, names),
        facts=tuple(_facts(result, names)),
        notices=result.notices,
        sections=tuple(section for section in _sections(result, names) if section.says_something),
    )


def _headline(result: GradientsResult, names: Names) -> str:
    parts = []
    if result.value_status is not Status.PASS:
        c, py = result.reference_value.value, result.candidate_value.value
        ratio = f", {names.candidate}/{names.reference} {py / c:.9g}" if c else ""
        parts.append(f"the value itself: {names.reference} {c:.9g}, {names.candidate} {py:.9g}{ratio}")
    first = result.first_apart
    if first is not None:
        parts.append(_first_words(first, names))
        apart = [row.parameter.name for row in result.of_status(GradientStatus.DIFFER)]
        parts += [f"{len(apart)} of {len(result.rows)} differ: {listed(apart)}"] if len(apart) > 1 else []
        parts += [words for words in (ratio_words(result), _exchanged(result)) if words]
    agree = result.of_status(GradientStatus.AGREE)
    if agree:
        digits = min(row.digits or 0.0 for row in agree)
        held = f", to {digits:.1f} digits or more" if math.isfinite(digits) else ""
        parts.append(f"{len(agree)} of {len(result.rows)} derivatives of {result.what} agree{held}")
    untested = [row.parameter.name for status in _UNTESTED for row in result.of_status(status)]
    parts += [f"{len(untested)} not tested: {listed(untested)}"] if untested else []
    return "; ".join(parts)


def _first_words(row: GradientRow, names: Names) -> str:
    where = f"∂/∂{row.parameter.name}{_per(row)}"
    told = number(row.candidate.value, _DIGITS) if row.candidate.exists else row.candidate.kind.value
    expected = row.expected
    bar = f" ±{expected.error:.1e}" if expected.error > 10.0**-_DIGITS * abs(expected.value) else ""
    right = f"{number(expected.value + 0.0, _DIGITS)}{bar}"
    ratio = "" if row.ratio is None or not row.ratio else f", ratio {row.ratio:.6g}"
    why = f" ({row.reason})" if row.reason else ""
    return f"{where}: {names.candidate} {told}, {names.reference} {right}{ratio}{why}"


def _exchanged(result: GradientsResult) -> str:
    pair = result.exchanged
    return "" if pair is None else f"those of {pair[0]} and {pair[1]} are exchanged"


def _per(row: GradientRow) -> str:
    return "" if row.parameter.unit == "1" else f" per {row.parameter.unit}"


def _facts(result: GradientsResult, names: Names) -> Iterator[str]:
    sources = result.sources
    c, py = _value(result.reference_value), _value(result.candidate_value)
    yield f"Value: {result.what}; {names.reference} {c}, {names.candidate} {py}"
    yield f"{names.reference}: {sources.reference}, by {sources.reference_by}"
    yield f"{names.candidate}: {sources.candidate}, by {sources.candidate_by}"
    if sources.witness:
        yield f"Witness: {sources.witness}, by autograd; it counts where it agrees with {names.reference}"
    yield f"Flags: {shlex.join(result.flags)}"
    yield f"Tolerance: {result.tolerance:g} relative, besides the error bars of both sides"


def _value(value: Evaluated) -> str:
    return f"{value.value:.9g} ±{value.noise:.0e}"


def _sections(result: GradientsResult, names: Names) -> Iterator[Section]:
    agrees = result.verdict is Verdict.AGREE
    columns = (
        Column("parameter"),
        Column("unit", rank=3),
        Column("at", numeric=True, rank=5, rounds=True),
        Column(f"∂{names.reference}", numeric=True, named=True),
        Column("±", numeric=True, rank=2),
        Column(f"∂{names.candidate}", numeric=True, named=True),
        Column(f"{names.candidate}/{names.reference}", numeric=True, rank=1, named=True),
        Column("digits", numeric=True, rank=4),
        Column("status"),
    )
    yield Section(
        "Derivatives, photons per unit of the parameter",
        table=Table(columns, tuple(_line(row, kept=agrees) for row in result.rows)),
    )
    for status in (GradientStatus.DIFFER, *_UNTESTED):
        yield Section(_TITLES[status], items=tuple(_reasons(result.of_status(status))))
    left_out = tuple(f"{name}: {reason}" for name, reason in result.left_out.items())
    yield Section("Not among these flags", items=left_out, detail=True)
    if result.verdict is Verdict.DIFFER and result.value_status is not Status.PASS:
        words = "the value differs before its derivatives do: nbtrace compare says in what"
        yield Section("Next", sentences=(words,))


def _reasons(rows: tuple[GradientRow, ...]) -> Iterator[str]:
    """Yield each reason once, with the parameters that have it."""
    told: dict[str, list[str]] = {}
    for row in rows:
        told.setdefault(row.reason, []).append(row.parameter.name)
    yield from (f"{', '.join(found)}: {reason}" for reason, found in told.items() if reason)


_TITLES = {
    GradientStatus.DIFFER: "What differs",
    GradientStatus.NOT_DIFFERENTIABLE: "Where there is no derivative",
    GradientStatus.UNMEASURED: "What was not tested",
}


def _line(row: GradientRow, *, kept: bool) -> Line:
    digits = row.digits
    cells = (
        row.parameter.name,
        "" if row.parameter.unit == "1" else row.parameter.unit,
        number(row.parameter.value),
        _cell(row.reference),
        f"{row.reference.error:.1e}" if row.reference.exists else "–",
        _cell(row.candidate),
        "–" if row.ratio is None else number(row.ratio + 0.0, _DIGITS),
        "–" if digits is None else ("all" if math.isinf(digits) else f"{digits:.1f}"),
        row.status.value,
    )
    status = {GradientStatus.AGREE: Status.PASS, GradientStatus.DIFFER: row.size}.get(row.status, Status.MISSING)
    return Line(cells, status, kept=kept)


def _cell(item: Derivative) -> str:
    return number(item.value + 0.0, _DIGITS) if item.exists else "–"
