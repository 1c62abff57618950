"""Files that hold both programs' traces: a log with both prefixes, two columns, or a unified diff."""

from dataclasses import replace

from nbtrace.records import Side, Trace


def columns(lines: list[str]) -> tuple[list[str], list[str]] | None:
    """Return the left and right lines of a two-column or unified-diff file, None if it is neither.

    A line of one column only is empty in the other, so that line numbers stay those of the file.
    """
    if any(line.startswith("TRACE") and "\tTRACE" in line for line in lines):
        pairs = [line.split("\t", maxsplit=1) for line in lines]
        return [pair[0] for pair in pairs], [pair[1] if len(pair) > 1 else "" for pair in pairs]
    if len(lines) > 2 and lines[0].startswith("--- ") and lines[1].startswith("+++ "):
        body = ["", "", *lines[2:]]
        left = [line[1:] if line[:1] in {"-", " "} else "" for line in body]
        right = [line[1:] if line[:1] in {"+", " "} else "" for line in body]
        return left, right
    return None


def split_by_prefix(trace: Trace) -> tuple[Trace, ...]:
    """Return one trace per program if the log holds records of both, the trace itself otherwise."""
    both = {record.side for record in trace.records} >= {Side.C, Side.PY}
    if not both:
        return (trace,)
    return tuple(
        replace(trace, records=tuple(record for record in trace.records if record.side in {side, Side.UNKNOWN}))
        for side in (Side.C, Side.PY)
    )
