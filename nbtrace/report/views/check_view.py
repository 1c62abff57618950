"""The view of a log held against itself."""

from nbtrace.compare.self_check import Check, RelationState, SelfCheck
from nbtrace.records import Account
from nbtrace.report.next_steps import after_check
from nbtrace.report.view import Column, Line, Section, Table, View, number, pixel_text
from nbtrace.verdicts.status import Status, Verdict

_COLUMNS = (
    Column("quantity"),
    Column("relation", rank=1),
    Column("residual", numeric=True),
    Column("allowed", numeric=True, rank=2),
    Column("checked", numeric=True, rank=3),
    Column("finding"),
)
_STATUS = {RelationState.HOLDS: Status.PASS, RelationState.BROKEN: Status.CRITICAL}


def check_verdict(result: SelfCheck) -> Verdict:
    """Return whether a log agrees with itself."""
    faulty = result.broken or result.remarks or result.trace.account.unreadable
    return Verdict.DIFFER if faulty else Verdict.AGREE


def check_view(result: SelfCheck) -> View:
    """Return the view of a self-check."""
    trace = result.trace
    account = trace.account
    pixel, what = pixel_text(trace), trace.vocabulary.block
    items = (*result.remarks, *result.observations)
    unreadable = tuple(f"line {bad.line}: {bad.reason}: {bad.text}" for bad in account.unreadable[:20])
    more = len(account.unreadable) - len(unreadable)
    table = Table(_COLUMNS, tuple(map(_line, result.checked)))
    unchecked = [item for item in result.checks if item.finding is RelationState.NOT_CHECKED]
    return View(
        title="A log held against itself",
        verdict=check_verdict(result),
        headline=_headline(result),
        facts=(
            f"Log: {trace.source} ({trace.vocabulary.names.of(trace.side)})",
            f"Dialects: {', '.join(trace.dialects) or 'none'}",
            *((f"{what.capitalize()}: {pixel.removeprefix(f'{what} ')}",) if pixel else ()),
            f"Numbers: {'single' if result.single_precision else 'double'} precision",
            _account(account),
        ),
        notices=(),
        sections=tuple(
            section
            for section in (
                Section("Findings", items=items),
                Section("Relations", table=table if table.lines else None),
                Section("Not checked", items=tuple(f"{item.quantity}: {item.reason}" for item in unchecked)),
                Section("Unreadable lines", items=unreadable + ((f"and {more} more",) if more else ())),
                *after_check(trace, broken=bool(result.broken), lacking=bool(unchecked)),
            )
            if section.items or section.table or section.commands
        ),
    )


def _headline(result: SelfCheck) -> str:
    held = len(result.checked) - len(result.broken)
    holding = f"{held} of {len(result.checked)} relations hold" if result.checked else "no relation could be checked"
    if result.broken:
        return f"{holding}; broken: {', '.join(item.quantity for item in result.broken)}"
    return f"{holding}, but {result.remarks[0]}" if result.remarks else holding


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
