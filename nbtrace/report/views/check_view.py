"""The view of a log held against itself."""

from nbtrace.compare.self_check import Check, RelationState, SelfCheck
from nbtrace.records import Account
from nbtrace.report.next_steps import after_check
from nbtrace.report.view import CHECK, Column, Line, Section, Table, View, dialect_words, listed, number, pixel_text
from nbtrace.verdicts.status import Status, Verdict

_COLUMNS = (
    Column("quantity"),
    Column("relation", rank=1),
    Column("residual", numeric=True),
    Column("allowed", numeric=True, rank=2),
    Column("checked", numeric=True, rank=3),
    Column("finding"),
)
_REASONS, _NAMED = 3, 4
"""Reasons that a short view gives, and quantities that it names for each."""
_STATUS = {RelationState.HOLDS: Status.PASS, RelationState.BROKEN: Status.CRITICAL}


def check_verdict(result: SelfCheck) -> Verdict:
    """Return whether a log agrees with itself."""
    faulty = result.broken or result.remarks or result.trace.account.unreadable
    return Verdict.DIFFER if faulty else Verdict.AGREE


def check_view(result: SelfCheck, *, whole: bool = True) -> View:
    """Return the view of a self-check; a short one counts what holds, and names little of what it cannot check."""
    trace = result.trace
    pixel, what = pixel_text(trace), trace.vocabulary.block
    sections = (
        Section("Findings", items=(*result.remarks, *result.observations)),
        _relations(result, whole=whole),
        _not_checked(result, whole=whole),
        _unreadable(trace.account),
        *after_check(trace, broken=bool(result.broken), lacking=bool(result.unchecked)),
    )
    return View(
        title="A log held against itself",
        verdict=check_verdict(result),
        headline=_headline(result),
        facts=(
            f"Log: {trace.source} ({trace.vocabulary.names.of(trace.side)})",
            *((f"Dialects: {dialect_words(trace)}",) if whole else ()),
            *(f"Read: {text}" for text in trace.how_read),
            *((f"{what.capitalize()}: {pixel.removeprefix(f'{what} ')}",) if pixel else ()),
            f"Numbers: {'single' if result.single_precision else 'double'} precision",
            _account(trace.account),
        ),
        notices=(),
        sections=tuple(section for section in sections if section.says_something),
        of=CHECK,
    )


def _relations(result: SelfCheck, *, whole: bool) -> Section:
    shown = result.checked if whole else result.broken
    return Section("Relations", table=Table(_COLUMNS, tuple(map(_line, shown))) if shown else None)


def _not_checked(result: SelfCheck, *, whole: bool) -> Section:
    """Return what could not be checked, and why: one item for each reason, the one that most lack first."""
    by_reason: dict[str, list[str]] = {}
    for item in result.unchecked:
        by_reason.setdefault(item.reason, []).append(item.quantity)
    if whole:
        return Section("Not checked", items=tuple(f"{item.quantity}: {item.reason}" for item in result.unchecked))
    ranked = sorted(by_reason.items(), key=lambda pair: -len(pair[1]))
    items = [f"{listed(names, _NAMED)}: {reason}" for reason, names in ranked[:_REASONS]]
    left = sum(len(names) for _, names in ranked[_REASONS:])
    more = (f"and {left} more; --all lists them",) if left else ()
    return Section(f"Not checked ({len(result.unchecked)})", items=(*items, *more))


def _unreadable(account: Account) -> Section:
    lines = tuple(f"line {bad.line}: {bad.reason}: {bad.text}" for bad in account.unreadable[:20])
    more = len(account.unreadable) - len(lines)
    return Section("Unreadable lines", items=lines + ((f"and {more} more",) if more else ()))


def _headline(result: SelfCheck) -> str:
    held = len(result.checked) - len(result.broken)
    holding = f"{held} of {len(result.checked)} relations hold" if result.checked else "no relation could be checked"
    ending = _without_final(result)
    if result.broken:
        return f"{holding}; broken: {listed(item.quantity for item in result.broken)}{ending}"
    if result.remarks:
        return f"{holding}, but {result.remarks[0]}{ending}"
    unreadable = len(result.trace.account.unreadable)
    lines = f", but {unreadable} line{'s'[: unreadable != 1]} cannot be read" if unreadable else ""
    return f"{holding}{lines}{ending}"


def _without_final(result: SelfCheck) -> str:
    """Return that a log lacks its final value: it may have stopped before."""
    final = result.trace.vocabulary.final
    return f"; the log prints no {final}" if final and final not in result.trace.by_quantity else ""


def _account(account: Account) -> str:
    parts = f"{account.used} used + {account.structure} structure + {account.ignored} no trace"
    return f"Lines: {account.total} = {parts} + {len(account.unreadable)} unreadable"


def _line(item: Check) -> Line:
    cells = (
        item.quantity + (f" {item.index.label()}" if item.index.label() else ""),
        item.formula,
        "–" if item.residual is None else f"{item.residual:.1e}",
        number(item.allowed, 2),
        str(item.instances),
        item.finding.value,
    )
    return Line(cells, _STATUS[item.finding])
