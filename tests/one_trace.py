"""Logs that hold the trace of one program."""

from nbtrace import Trace, parse_trace


def one(text: str, source: str = "log") -> Trace:
    """Read the text of such a log."""
    (trace,) = parse_trace(text, source)
    return trace
