"""Tables and JSON lines that a program writes through its logger, each row behind what that puts in front."""

import json
from collections.abc import Callable
from itertools import islice

from nbtrace.parsers.log_prefixes import behind_prefix
from nbtrace.parsers.source import LogLines

_PROBED = 100
"""Lines within which the first line of JSON stands."""

HOW_READ = "read behind what a logger put in front of its lines"


def json_lines_in(lines: LogLines) -> LogLines | None:
    """Return the lines of JSON in a log, each in its place and the others empty; None if it has none.

    The first object behind a prefix has to be whole; what begins like one further down may be damaged, and is told.
    """
    if not any(_is_object(line) for line in islice(lines, _PROBED)):
        return None
    return _mapped(lines, lambda line: text if (text := behind_prefix(line) or "").startswith("{") else "")


def rows_in(lines: LogLines) -> LogLines | None:
    """Return the lines of a log without what a logger put in front of them; None if nothing stands in front."""
    first = next((line for line in lines if line.strip()), "")
    if behind_prefix(first) is None:
        return None
    return _mapped(lines, lambda line: line if (text := behind_prefix(line)) is None else text)


def _is_object(line: str) -> bool:
    text = behind_prefix(line) or ""
    if not text.startswith("{"):
        return False
    try:
        return isinstance(json.loads(text), dict)
    except (ValueError, RecursionError):
        return False


def _mapped(lines: LogLines, shown: Callable[[str], str]) -> LogLines:
    text = "\n".join(map(shown, lines)) + ("" if lines.cut else "\n")
    return LogLines.of([text.encode(errors="replace")], cut_short=lines.cut_short)
