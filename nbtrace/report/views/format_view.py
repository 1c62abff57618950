"""The view of a log held against the trace format, and its text for the terminal."""

from nbtrace.parsers.format_check import FormatCheck, FormatFault
from nbtrace.parsers.trace_format import VERSION
from nbtrace.report.view import Section, View, clean
from nbtrace.verdicts.status import Verdict

_SHOWN = 20


def format_verdict(result: FormatCheck) -> Verdict:
    """Return whether a log is in the format."""
    return Verdict.AGREE if result.is_valid else Verdict.DIFFER


def format_view(result: FormatCheck) -> View:
    """Return the view of a log held against the trace format."""
    faults = tuple(line for fault in result.faults[:_SHOWN] for line in _fault_lines(result.source, fault))
    return View(
        title=f"A log held against version {VERSION} of the trace format",
        verdict=format_verdict(result),
        headline=_headline(result),
        facts=(f"Log: {result.source}", _account(result)),
        notices=(),
        sections=tuple(
            section
            for section in (
                Section("Not valid", items=faults + _more(result)),
                Section("Worth a look", items=result.notes),
            )
            if section.items
        ),
    )


def format_text(result: FormatCheck) -> str:
    """Return the report for the terminal: the answer, each fault with its place and its mend, the account."""
    lines = [f"{'VALID' if result.is_valid else 'NOT VALID'}  {_headline(result)}"]
    for fault in result.faults[:_SHOWN]:
        lines += _fault_lines(result.source, fault)
    lines += [*_more(result), *(f"note: {note}" for note in result.notes), _account(result)]
    return "".join(f"{clean(line)}\n" for line in lines)


def _headline(result: FormatCheck) -> str:
    lines = f"{result.valid} trace line{'s' * (result.valid != 1)} in version {VERSION} of the trace format"
    return lines if result.is_valid else f"{_faults(result)}; {lines}"


def _faults(result: FormatCheck) -> str:
    return f"{result.not_valid} fault{'s' * (result.not_valid != 1)}"


def _fault_lines(source: str, fault: FormatFault) -> list[str]:
    lines = [f"{source}:{fault.line}: {fault.reason}"]
    lines += [f"    is         {fault.text}"] if fault.text else []
    lines += [f"    {'should be' if not place else '         '}  {mend}" for place, mend in enumerate(fault.mend)]
    return lines


def _more(result: FormatCheck) -> tuple[str, ...]:
    more = result.not_valid - min(len(result.faults), _SHOWN)
    return (f"and {more} more; --json lists them",) if more > 0 else ()


def _account(result: FormatCheck) -> str:
    return (
        f"{result.total} lines: {result.versions} version, {result.valid} trace, {result.comments} comments, "
        f"{result.other} other output; {_faults(result)}"
    )
