"""The last value of a log that ends within its number: what is printed of it is another number than the whole one.

A program that is stopped leaves a file that ends wherever its buffer did, most often in the middle of a number. What
then stands there can be read, but it is no value of the program.
"""

import math
from collections.abc import Mapping
from dataclasses import replace

from nbtrace.compare.align import Pair, pair_blocks
from nbtrace.compare.excerpt import whole_of
from nbtrace.compare.judge import judge
from nbtrace.compare.precision import number_formats, significant_digits
from nbtrace.records import Record, Trace, Unreadable
from nbtrace.verdicts.tolerance import Policy

_ALIKE = 1e-6
"""Relative difference up to which the numbers before the last one are the same."""

Traces = tuple[Trace, Trace]
"""Those of the reference and of the candidate."""


def without_torn_values(traces: Traces, policy: Policy) -> Traces:
    """Return two traces without the last line of one that ends within a number which the other has whole.

    The line counts as unreadable then, as one does that ends within a word. A number that agrees is kept, whether it
    is whole or not.
    """
    if not any(map(_may_be_torn, traces)):
        return traces
    partners = pair_blocks(*traces)
    blocks = {block: partner for partner, block in partners.items()}, partners
    torn = [_torn(traces, number, of, policy) for number, of in enumerate(blocks)]
    c, py = (_without(trace, line) for trace, line in zip(traces, torn, strict=True))
    return c, py


def _may_be_torn(trace: Trace) -> bool:
    ends = trace.account.open_line and not trace.account.torn and whole_of(trace) is None
    return bool(ends and trace.records and trace.records[0].line < trace.records[-1].line == trace.account.total)


def _torn(traces: Traces, number: int, blocks: Mapping[int, int], policy: Policy) -> Unreadable | None:
    own, other = traces[number], traces[1 - number]
    if not _may_be_torn(own):
        return None
    last = own.records[-1]
    there = replace(last.index, block=blocks.get(last.index.block, -1))
    before = [record for record in own.by_quantity[last.quantity] if record.index == last.index]
    theirs = [record for record in other.by_quantity.get(last.quantity, ()) if record.index == there]
    whole = theirs[len(before) - 1 :][:1]
    return torn_line(traces, number, last, whole[0], policy) if whole else None


def _without(trace: Trace, torn: Unreadable | None) -> Trace:
    if torn is None:
        return trace
    kept = tuple(record for record in trace.records if record.line < torn.line)
    account = replace(trace.account, used=trace.account.used - 1, unreadable=(*trace.account.unreadable, torn))
    return replace(trace, records=kept, account=account)


def torn_line(traces: Traces, number: int, last: Record, whole: Record, policy: Policy) -> Unreadable | None:
    """Return what is said of the last line of a log; None where its number may well be all of it.

    Parameters
    ----------
    traces : (Trace, Trace)
    number : int
        Which of them is the log's.
    last : Record
        Its last value, at the end of a line that has no end.
    whole : Record
        The same of the other log.
    policy : Policy
        What a value may differ by and still agree.
    """
    if not _is_begun(last, whole) or not _stands_last(last, whole, traces[number].account.open_line):
        return None
    if not _diverges(traces, number, last, whole, policy):
        return None
    text = last.value.tokens[-1] if last.value.tokens else last.value.text
    reason = f"{last.key}: {text!r} has no line end, and {whole.value.text} begins so in the other log"
    return Unreadable(last.line, f"{last.family}: {last.key} {last.value.text}", reason, (last.quantity,))


def _diverges(traces: Traces, number: int, last: Record, whole: Record, policy: Policy) -> bool:
    """Whether the last value of a log is another than the whole one, if it was to have as many digits as those before.

    Where every number counts with its own digits, what is left of one may have so few that it agrees with anything.
    """
    formats = [dict(number_formats(trace)) for trace in traces]
    own = formats[number].get(last.family)
    if own is not None and own.own:
        before = [record for record in traces[number].records if record.line < last.line]
        digits = [significant_digits(token) for record in (*before, last) for token in record.value.tokens]
        formats[number][last.family] = replace(own, digits=max(digits), own=False)
    c, py = (whole, last) if number else (last, whole)
    pair = Pair(last.quantity, c.index, c, py)
    return judge(pair, policy.of(last.quantity), formats[0], formats[1], traces[0].vocabulary.names).status.diverges


def _stands_last(last: Record, whole: Record, line: str) -> bool:
    """Whether a value ends where its line does, so that more of it may have been to come.

    What ends with a unit or a bracket is whole. What is left of an exponent (`2.5e-`) is no part of a number.
    """
    own, tokens = last.value.tokens, whole.value.tokens
    begun = own[-1] if own else last.value.text
    rest = line[max(line.rfind(begun), 0) :].rstrip()
    if own and len(own) < len(tokens):
        rest = rest.rstrip(", +-")
    return rest == begun or (tokens[len(own) - 1] if own else whole.value.text).startswith(rest)


def _is_begun(last: Record, whole: Record) -> bool:
    """Whether a value is the beginning of another: its first letters or numbers, the last one perhaps in part."""
    own, all_of_it = last.value, whole.value
    if not own.tokens:
        return own.text != all_of_it.text and all_of_it.text.startswith(own.text)
    count = len(own.tokens)
    if last.scale != whole.scale or count > len(all_of_it.tokens):
        return False
    *before, alike = map(_are_alike, own.numbers, all_of_it.numbers)
    is_between = alike and count < len(all_of_it.tokens)
    return all(before) and (is_between or all_of_it.tokens[count - 1].startswith(own.tokens[-1]))


def _are_alike(x: float, y: float) -> bool:
    return x == y or (math.isnan(x) and math.isnan(y)) or abs(x - y) <= _ALIKE * min(abs(x), abs(y))
