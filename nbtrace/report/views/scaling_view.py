"""The view of the scaling chain."""

from collections.abc import Iterator

from nbtrace.compare.chain import Rebuilt, WorkedFactor, chain_of
from nbtrace.compare.scaling import Product, ScalingFactor, ScalingResult
from nbtrace.late import Late
from nbtrace.report.next_steps import logs_command, next_section, why
from nbtrace.report.view import (
    Column,
    Line,
    Section,
    SectionKind,
    Table,
    View,
    input_facts,
    number,
    percent,
    signed,
    tolerance_facts,
)
from nbtrace.verdicts.status import Verdict
from nbtrace.vocabulary.sides import Names
from nbtrace.vocabulary.vocabulary import Vocabulary

_OPEN = 0.05
"""Unexplained share from which on the shares of the factors mean little."""

_LATTICE_COLUMNS = (
    Column("axis"),
    Column("h", numeric=True),
    Column("h₀", numeric=True, rank=2),
    Column("N", numeric=True, rank=3),
    Column("at h", numeric=True),
    Column("at h − h₀", numeric=True, rank=1),
    Column("logged", numeric=True),
)


def _factor_columns(names: Names) -> tuple[Column, ...]:
    return (
        Column("factor"),
        Column(names.reference, numeric=True, rank=2, rounds=True, named=True),
        Column(names.candidate, numeric=True, rank=2, rounds=True, named=True),
        Column("Δ rel", numeric=True, rank=3, rounds=True),
        Column(names.ratio, numeric=True, rank=4, named=True),
        Column("share", numeric=True, rank=1),
        Column("status"),
    )


def _step_columns(names: Names) -> tuple[Column, ...]:
    return (
        Column("phi_tic", numeric=True),
        Column(f"{names.reference}: F_cell²F_latt²", numeric=True, rank=1, rounds=True, named=True),
        Column(f"{names.candidate}: F_cell²F_latt²", numeric=True, rank=1, rounds=True, named=True),
        Column("share of the gap", numeric=True),
    )


def scaling_view(result: ScalingResult) -> View:
    """Return the view of a scaling comparison."""
    return View(
        title=f"Scaling chain: {result.diff.names.against}",
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
        return "the logs are not comparable"
    first = result.first_divergence
    if first is None:
        blocks = f" in the first {_words(result).block} block" if _words(result).has_blocks else ""
        of_all = "" if result.verdict is Verdict.AGREE else f"{blocks}, but not all that the logs hold of it"
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
        sides = zip(result.diff.names.pair, result.products, strict=True)
        whose = [side for side, product in sides if product.meaning != "holds"]
        own = f" of {' and '.join(whose)}" if whose else ""
        what = f"{'their' if len(whose) > 1 else 'its'} own {_product_word(result)}" if whose else "the final value"
        return f"; the factors{own} do not multiply to {what}, so the shares mean little"
    return f"; {leading} explains {percent(shares[leading])} of the final log-ratio"


def _relative(factor: ScalingFactor) -> float | None:
    return factor.row.difference.relative if factor.row is not None and factor.row.difference is not None else None


def _sections(result: ScalingResult) -> Iterator[Section]:
    yield Section(
        "Factors",
        table=Table(_factor_columns(result.diff.names), tuple(map(_factor, result.factors))),
        sentences=_unexplained(result),
    )
    yield Section(f"Each side against its own {_product_word(result)}", items=tuple(_products(result)))
    if result.rebuilt is not None:
        yield _rebuilt(result.rebuilt, result.diff.names)
    for side, worked in zip(result.diff.names.pair, result.lattice, strict=True):
        if worked:
            yield _lattice(side, worked)
    yield from _divergent(result)


def _divergent(result: ScalingResult) -> Iterator[Section]:
    over = [factor for factor in result.factors if factor.status.diverges]
    if not over:
        return
    yield Section("First divergence", items=(_described(over[0]),), repeats_table=True)
    items = tuple(map(_described, over))
    yield Section("All divergent factors", items=items, repeats_table=True, kind=SectionKind.DIVERGENT)
    sources = result.diff.c.source, result.diff.py.source
    before = logs_command("diff", "what diverges before the chain?", *sources, vocabulary=_words(result))
    yield from next_section(commands=[why(result.diff.c, result.diff.py), before])


def _described(factor: ScalingFactor) -> str:
    size = f"{signed(_relative(factor), 6)} relative" if _relative(factor) is not None else factor.reason
    return f"{factor.name} ({factor.description}): {size}, {factor.status.value}"


def _factor(factor: ScalingFactor) -> Line:
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
    what = _product_word(result)
    both = f"the {what}s" if _words(result).has_blocks else "both values"
    if result.log_ratio is None:
        return (f"The share of each factor is not defined: a {what} value is 0, negative, not finite or missing.",)
    ratio = f"log({result.diff.names.ratio}) of {chain_of(_words(result)).result} is"
    if result.unexplained is None:
        return (f"{ratio} {result.log_ratio:+.3g}: {both} agree, there is no share to give.",)
    rest = f"the factors leave {percent(result.unexplained)} of it unexplained"
    return (f"{ratio} {result.log_ratio:+.6g}; {rest}.{_no_factors(result)}",)


def _no_factors(result: ScalingResult) -> str:
    """Return what the table shows beside the factors, as a sentence after another; empty if nothing."""
    chain = chain_of(_words(result))
    multiplied = {chain.result, *(factor.quantity for factor in chain.chain.factors)}
    beside = [name for name in chain.names if name not in multiplied]
    if not beside:
        return ""
    return f" {' and '.join(beside)} {'is no factor' if len(beside) == 1 else 'are no factors'} of it."


def _words(result: ScalingResult) -> Vocabulary:
    return result.diff.c.vocabulary


def _product_word(result: ScalingResult) -> str:
    """Return what the product of the chain is called: the pixel of those who have pixels, else the quantity."""
    words = _words(result)
    return words.block if words.has_blocks else chain_of(words).result


def _products(result: ScalingResult) -> Iterator[str]:
    names, name = result.diff.names, chain_of(_words(result)).result
    for side, product in zip(names.pair, result.products, strict=True):
        yield f"{side}: {_product(product, name)}"
    if result.py_before_polarisation is not None:
        yield (
            f"{names.candidate}'s intensity before polarisation is then {result.py_before_polarisation:.9g}; "
            "the shares above are computed with it"
        )


def _product(product: Product, name: str) -> str:
    if product.product is None:
        return product.meaning
    if product.final is None:
        return f"the product of its factors is {product.product:.9g}; it logs no {name}"
    if product.meaning == "holds":
        return f"{name} {product.final:.9g} is the product of its factors"
    return f"{name} {product.final:.9g}, product {product.product:.9g}: {product.meaning}"


def _rebuilt(rebuilt: Rebuilt, names: Names) -> Section:
    def line(at: int) -> Line:
        step = rebuilt.steps[at]
        return Line((str(step.phi_tic), number(step.c_term), number(step.py_term), percent(step.share_of_gap)))

    sides = (
        (names.reference, rebuilt.c, rebuilt.c_logged),
        (names.candidate, rebuilt.py, rebuilt.py_logged),
    )
    both = rebuilt.c is not None and rebuilt.py is not None
    items = tuple(
        f"{side}: F_cell²·ΣF_latt² = {total:.9g}, logged I_before_scaling {number(logged)}"
        + (f" (ratio {logged / total:.9g})" if logged and total else "")
        for side, total, logged in sides
        if total is not None
    )
    table = Table(_step_columns(names), Late(len(rebuilt.steps), line)) if both else None
    return Section("I_before_scaling from the φ steps", items=items, table=table, detail=True)


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
    return Section(
        f"Lattice factor of {side}, worked out", (sentence,), table=Table(_LATTICE_COLUMNS, lines), detail=True
    )
