"""The log of a capture: what the program printed itself, then a trace in the trace format, with its provenance."""

import re
from collections.abc import Iterable, Iterator, Mapping
from typing import TYPE_CHECKING

from nbtrace.capturing.capture_origin import origin_lines
from nbtrace.capturing.hits import Hit
from nbtrace.parsers.trace_format import VERSION_LINE

if TYPE_CHECKING:
    from nbtrace.capturing.capture_result import CaptureResult, InjectedRun

MOST_PRINTED = 2**22
"""Bytes of the program's own output up to which a log repeats it; the file of its output holds all."""

_COMMENT = "# "


def captured_log(result: "CaptureResult", injected: "InjectedRun | None" = None) -> str:
    """Return the log of a capture, with its provenance; of a run with values injected, where there is one."""
    request, certificate = result.request, result.certificate
    selection = request.probes.selection
    same = ", ".join(item.name for item in certificate.same)
    lines = [
        f"captured from {(result.file or request.program).name}, sha256 {certificate.captured_sha256}",
        *([f"a twin of the program with sha256 {certificate.program_sha256}"] if result.twin else []),
        *origin_lines(request),
        f"read by {result.back_end.value} {result.back_end_version}; {result.producer}".rstrip("; "),
        f"certificate: {same} the same bytes as in a plain run; {certificate.hits} hits",
        *([f"injected: {item.injection.words}" for item in injected.written] if injected is not None else []),
    ]
    hits = result.hits if injected is None else injected.hits
    shown = "" if prints_trace(result.printed, request.probes.prefix) else result.printed
    header = selection.header.format(**request.at) if selection.header and request.at else ""
    return log_text(hits, request.probes.prefix, provenance=lines, header=header, printed=shown)


def log_text(
    hits: Iterable[Hit], prefix: str, *, provenance: Iterable[str] = (), header: str = "", printed: str = ""
) -> str:
    """Return the text of a log.

    Parameters
    ----------
    hits : iterable of Hit
        In the order in which the program came to them.
    prefix : str
        What trace lines begin with, without a colon.
    provenance : iterable of str
        Lines that become comments.
    header : str
        A line that tells what was selected; empty for none.
    printed : str
        What the program printed, where the log repeats it.
    """
    lines = [VERSION_LINE, *(f"{_COMMENT}{_one_line(line)}" for line in provenance)]
    lines += printed.splitlines() if printed else []
    lines += [header] if header else []
    return "".join(f"{line}\n" for line in (*lines, *trace_lines(hits, prefix)))


def _one_line(text: str) -> str:
    """Return a text without ends of lines, which names of files and arguments may hold, and other controls."""
    return "".join(letter if letter.isprintable() else "\N{REPLACEMENT CHARACTER}" for letter in text)


def prints_trace(printed: str, prefix: str) -> bool:
    """Whether what a program prints is no text for the log: its lines could be read as trace lines, or are binary.

    A reader finds a trace line behind what a logger puts in front of it, too, so a prefix counts wherever it stands.
    """
    marks = re.compile(rf"\bTRACE_\w|\b{re.escape(prefix)}\b|^{re.escape(VERSION_LINE.split()[0])}\b", re.MULTILINE)
    return "\0" in printed or marks.search(printed) is not None


def trace_lines(hits: Iterable[Hit], prefix: str) -> Iterator[str]:
    """Yield a line for each value of each hit."""
    for hit in hits:
        for value in hit.values:
            yield trace_line(prefix, hit.index, value.quantity, value.numbers, value.unit)


def trace_line(prefix: str, index: Mapping[str, int], key: str, numbers: Iterable[str], unit: str = "") -> str:
    """Return one line of the trace format."""
    words = [f"{prefix}:", *(f"{name}={turn}" for name, turn in index.items()), key, *numbers]
    return " ".join((*words, unit) if unit else words)


def number_text(number: float, *, single: bool = False) -> str:
    """Return a number with all the digits that its type holds: 17 of double precision, 9 of `single` precision."""
    return str(number) if isinstance(number, int) else f"{number:.{9 if single else 17}g}"
