"""The view of the scaling chain."""

from collections.abc import Iterator
from shlex import quote

from nbtrace.compare.lattice import WorkedFactor
from nbtrace.compare.scaling import Factor, Product, Rebuilt, ScalingResult
from nbtrace.compare.status import Verdict
from nbtrace.report.view import (
    Column,
    Command,
    Line,
    Section,
    Table,
    View,
    input_facts,
    number,
    percent,
    signed,
    tolerance_facts,
)

_OPEN = 0.05
"""Unexplained share from which on the shares of the factors mean little."""

_FACTOR_COLUMNS = (
    Column("factor"),
    Column("C", numeric=True, rounds=True),
    Column("Py", numeric=True, rounds=True),
    Column("Δ rel", numeric=True, rounds=True),
    Column("Py/C", numeric=True, least_width=110),
    Column("share", numeric=True),
    Column("status"),
)
_STEP_COLUMNS = (
    Column("phi_tic", numeric=True),
    Column("C: F_cell²F_latt²", numeric=True),
    Column("Py: F_cell²F_latt²", numeric=True),
    Column("share of the gap", numeric=True),
)
_LATTICE_COLUMNS = (
    Column("axis"),
    Column("h", numeric=True),
    Column("h₀", numeric=True),
    Column("N", numeric=True),
    Column("at h", numeric=True),
    Column("at h − h₀", numeric=True),
    Column("logged", numeric=True),
)


def scaling_view(result: ScalingResult) -> View:
    """Return the view of a scaling comparison."""
    return View(
        title="Scaling chain: C against Py",
        verdict=result.verdict,
        headline=_headline(result),
        facts=(
            *input_facts(result.diff.c, result.diff.py),
            *tolerance_facts(result.diff.policy),
        ),
        notices=result.notices,
        sections=tuple(_sections(result)),
    )


def _headline(result: ScalingResult) -> str:
    if result.verdict is Verdict.NOT_COMPARABLE:
        return "the logs cannot be compared as they stand"
    first = result.first_divergence
    if first is None:
        of_all = (
            "" if result.verdict is Verdict.AGREE else " in the first pixel block, but not all that the logs hold of it"
        )
        return f"all {len(result.factors)} quantities of the chain agree{of_all}"
    size = f" {signed(_relative(first), 6)}" if _relative(first) is not None else ""
    return f"first divergence {first.name}{size} {first.status.value}{_carried(result)}"


def _carried(result: ScalingResult) -> str:
    """Return which factor carries the ratio of the final intensities, or that none of them does."""
    if result.unexplained is None:
        return ""
    shares = {factor.name: factor.share for factor in result.factors if factor.share is not None}
    leading = max(shares, key=lambda name: abs(shares[name]))
    if abs(result.unexplained) > _OPEN:
        sides = zip(("C", "Py"), result.products, strict=True)
        whose = " and ".join(side for side, product in sides if product.meaning != "holds")
        return f"; the chain{' of ' + whose if whose else ''} does not make its own pixel, so shares mean little"
    return f"; {leading} explains {percent(shares[leading])} of the final log-ratio"


def _relative(factor: Factor) -> float | None:
    return factor.row.difference.relative if factor.row is not None and factor.row.difference is not None else None


def _sections(result: ScalingResult) -> Iterator[Section]:
    yield Section(
        "Factors", table=Table(_FACTOR_COLUMNS, tuple(map(_factor, result.factors))), sentences=_unexplained(result)
    )
    yield Section("Each side against its own pixel", items=tuple(_products(result)))
    if result.rebuilt is not None:
        yield _rebuilt(result.rebuilt)
    for side, worked in zip(("C", "Py"), result.lattice, strict=True):
        if worked:
            yield _lattice(side, worked)
    yield from _divergent(result)


def _divergent(result: ScalingResult) -> Iterator[Section]:
    over = [factor for factor in result.factors if factor.status.diverges]
    if not over:
        return
    yield Section("First divergence", items=(_described(over[0]),), repeats_table=True)
    yield Section("All divergent factors", items=tuple(map(_described, over)), repeats_table=True)
    c, py = quote(result.diff.c.source), quote(result.diff.py.source)
    command = Command(f"nbtrace diff {c} {py}", "what diverges before the chain?")
    yield Section("What to look at next", commands=(command,))


def _described(factor: Factor) -> str:
    size = f"{signed(_relative(factor), 6)} relative" if _relative(factor) is not None else factor.reason
    return f"{factor.name} ({factor.description}): {size}, {factor.status.value}"


def _factor(factor: Factor) -> Line:
    ratio = factor.row.difference.ratio if factor.row is not None and factor.row.difference is not None else None
    cells = (
        factor.name,
        number(factor.c_value),
        number(factor.py_value),
        signed(_relative(factor), 6),
        number(ratio),
        percent(factor.share),
        factor.status.value,
    )
    return Line(cells, factor.status)


def _unexplained(result: ScalingResult) -> tuple[str, ...]:
    if result.log_ratio is None:
        return ("The share of each factor is not defined: a pixel value is 0, negative, not finite or missing.",)
    if result.unexplained is None:
        return (f"log(Py/C) of I_pixel_final is {result.log_ratio:+.3g}: the pixels agree, there is no share to give.",)
    rest = f"the factors leave {percent(result.unexplained)} of it unexplained"
    return (f"log(Py/C) of I_pixel_final is {result.log_ratio:+.6g}; {rest}. cos_2theta is no factor of it.",)


def _products(result: ScalingResult) -> Iterator[str]:
    for side, product in zip(("C", "Py"), result.products, strict=True):
        yield f"{side}: {_product(product)}"
    if result.py_before_polarisation is not None:
        yield (
            f"Py's intensity before polarisation is then {result.py_before_polarisation:.9g}; "
            "the shares above are computed with it"
        )


def _product(product: Product) -> str:
    if product.product is None:
        return product.meaning
    if product.final is None:
        return f"the product of its factors is {product.product:.9g}; it logs no I_pixel_final"
    if product.meaning == "holds":
        return f"I_pixel_final {product.final:.9g} is the product of its factors"
    return f"I_pixel_final {product.final:.9g}, product {product.product:.9g}: {product.meaning}"


def _rebuilt(rebuilt: Rebuilt) -> Section:
    lines = tuple(
        Line((str(step.phi_tic), number(step.c_term), number(step.py_term), percent(step.share_of_gap)))
        for step in rebuilt.steps
    )
    sides = (("C", rebuilt.c, rebuilt.c_logged), ("Py", rebuilt.py, rebuilt.py_logged))
    both = rebuilt.c is not None and rebuilt.py is not None
    items = tuple(
        f"{side}: F_cell²·ΣF_latt² = {total:.9g}, logged I_before_scaling {number(logged)}"
        + (f" (ratio {logged / total:.9g})" if logged and total else "")
        for side, total, logged in sides
        if total is not None
    )
    table = Table(_STEP_COLUMNS, lines) if both else None
    return Section("I_before_scaling from the φ steps", items=items, table=table)


def _lattice(side: str, worked: tuple[WorkedFactor, ...]) -> Section:
    lines = tuple(
        Line(
            (
                item.axis,
                number(item.index),
                str(item.rounded),
                str(item.cells) if item.cells else "–",
                number(item.at_index),
                number(item.at_distance),
                number(item.logged),
            )
        )
        for item in worked
    )
    origins = sorted({item.cells_from for item in worked})
    sentence = f"sin(πNh)/sin(πh) at h and at h − h₀; N {' / '.join(origins)}"
    return Section(f"Lattice factor of {side}, worked out", sentences=(sentence,), table=Table(_LATTICE_COLUMNS, lines))
