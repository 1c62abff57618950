"""What runs of the simulator say of a pair: a section of the report."""

from collections.abc import Iterator

from nbtrace.explanation.simulations.counterfactual import RunDifference, Simulated
from nbtrace.explanation.simulations.evidence import Evidence, words
from nbtrace.explanation.simulations.reproduction import Reproduction
from nbtrace.records import Side
from nbtrace.report.view import Column, Line, Section, Table, listed, percent
from nbtrace.vocabulary.sides import Names

_COLUMNS = (
    Column("side"),
    Column("moves first", rank=1),
    Column("factor", numeric=True, rank=2),
    Column("share", numeric=True),
    Column("by chance", numeric=True, rank=3),
    Column("run with"),
)
_SHOWN = 6


def simulator_section(simulated: Simulated | None, names: Names) -> Section:
    """Return the section; it is empty where no run was asked for."""
    title = "Runs of the simulator"
    if simulated is None:
        return Section(title)
    if simulated.refused:
        return Section(title, sentences=(f"not run: {simulated.refused}",))
    lines = tuple(_line(difference, names) for difference in simulated.differences)
    return Section(
        title,
        sentences=tuple(_side_words(simulated.reproductions[side], names) for side in (Side.C, Side.PY)),
        items=tuple(_items(simulated, names)),
        table=Table(_COLUMNS, lines) if lines else None,
    )


def _side_words(reproduction: Reproduction, names: Names) -> str:
    """Return which run is a side's log, to what, and what it leaves."""
    setting = f"{names.of(reproduction.side)} = simulator ({reproduction.base})"
    if reproduction.changes:
        setting += " with " + " and ".join(change.text for change in reproduction.changes)
    if not reproduction.matches:
        return f"{setting}: the log has no value to hold against it"
    many = f"{len(reproduction.held)} of" if reproduction.left else "all"
    held = f"to {reproduction.largest:.1e} over {many} {len(reproduction.matches)} values"
    return f"{setting} {held}{_final_words(reproduction)}"


def _final_words(reproduction: Reproduction) -> str:
    final = reproduction.final
    if final is None:
        return ""
    return f"; {final.node.name} {final.simulated[0]:.9g} predicted, residual {final.residual_rel:.1e}"


def _items(simulated: Simulated, names: Names) -> Iterator[str]:
    for side, reproduction in simulated.reproductions.items():
        for change, others in zip(reproduction.changes, reproduction.as_well, strict=True):
            if others:
                yield f"{change.text}: reproduced as well by {listed(tuple(item.text for item in others), _SHOWN)}"
        yield from _left(names.of(side), reproduction)
    if simulated.traceless:
        yield f"no trace in this pixel: {', '.join(simulated.traceless)}"
    untried = f", {simulated.untried} changes left out for lack of time" if simulated.untried else ""
    yield (
        f"{simulated.tried} runs of pixel slow {simulated.pixel[0]}, fast {simulated.pixel[1]}{untried}"
        if (simulated.pixel)
        else "no run"
    )


def _left(name: str, reproduction: Reproduction) -> Iterator[str]:
    """Yield what no run reproduces: what follows from a log's own mistake, and what does not."""
    log = [match for match in reproduction.left if match.node.name in reproduction.excused]
    open_ = [match for match in reproduction.left if match.node.name not in reproduction.excused]
    for matches, because in ((open_, ""), (log, ", wrong in the log alone, or computed from what is")):
        if matches:
            worst = max(matches, key=lambda match: match.residual_rel)
            quantities = tuple(dict.fromkeys(match.node.name for match in matches))
            largest = f"largest residual {worst.residual_rel:.1e} ({worst.node.label})"
            yield f"{name}: no run reproduces {listed(quantities, _SHOWN)}{because}; {largest}"


def _line(difference: RunDifference, names: Names) -> Line:
    cells = (
        names.of(difference.side),
        difference.moved[0].label if difference.moved else "–",
        f"{difference.ratio:.9g}" if difference.ratio is not None else "–",
        percent(difference.share),
        f"{difference.chance:.1e}",
        difference.change.text,
    )
    return Line(cells)


def evidence_words(support: Evidence | None, names: Names) -> str:
    """Return what the runs say of a root; empty if nothing."""
    if support is None:
        return ""
    sides = zip(names.pair, (support.c, support.py), strict=True)
    residuals = ", ".join(f"{side} {match.residual_rel:.1e}" for side, match in sides)
    return f"runs of the simulator agree: {words(support.difference, names)} (residuals {residuals})"
