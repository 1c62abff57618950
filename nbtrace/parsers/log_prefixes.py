r"""What loggers and launchers put in front of a line: time stamps, levels, modules, threads, MPI ranks.

| written by | in front of the message |
|---|---|
| Python's logging | `2026-01-02 03:04:05,123 - port.core - INFO - `, `INFO:root:` |
| loguru | `2026-01-02 03:04:05.123 \| INFO     \| port:run:12 - ` |
| spdlog | `[2026-01-02 03:04:05.123] [info] ` |
| glog | `I0102 03:04:05.123456 1234 file.cc:12] ` |
| syslog, journalctl | `Jan  2 03:04:05 host port[1234]: ` |
| ts | `Jan 02 03:04:05 `, `1767323045.123 ` |
| mpirun, srun, torchrun | `[1,0]<stdout>: `, `0: `, `[rank0]: `, `[0] `, `rank 0: ` |
| docker compose, foreman | `port-1  \| ` |
| cat -n, grep -n | `    12\t`, `12:` |
"""

import re
from collections import Counter
from collections.abc import Iterable, Mapping
from dataclasses import dataclass

from nbtrace.lazy_pattern import LazyPattern
from nbtrace.records import MOST

_LEVELS = r"(?:debug|info|notice|warn(?:ing)?|error|err|critical|fatal|severe|verbose|trace(?=\s+TRACE|\s*[|\]>-]))"
_DAY = r"[0-9]{4}[-/][0-9]{2}[-/][0-9]{2}"
_CLOCK = r"[0-9]{2}:[0-9]{2}:[0-9]{2}(?:[.,][0-9]{1,9})?(?:Z|\s?[+-][0-9]{2}:?[0-9]{2}|\s?UTC)?"
_NAME = r"[A-Za-z_<][\w.$/<>~-]*+(?:::?[\w<>.-]++)*+"
_DATE = r"(?:Jan|Feb|Mar|Apr|May|Jun|Jul|Aug|Sep|Oct|Nov|Dec)\s+[0-9]{1,2}\s+[0-9]{2}:[0-9]{2}:[0-9]{2}"
_PROCESS = r"(?!TRACE|PIX0_PY)[A-Za-z_][\w./-]*+"
_SENT = rf"(?:(?!{_LEVELS}\s)[\w.-]+\s+{_PROCESS}(?:\[[0-9]+\])?|{_PROCESS}\[[0-9]+\]):"
"""The host and the process of a system's log: either of them alone is told from a key by the number of the process."""

_begins_dated = re.compile(r"[A-Z]?[0-9]{4}|[0-9]{2}:|\[\s*[0-9]|\([0-9]|[A-Za-z]{3}\s+[0-9]{1,2}\s").match
"""How all that has a time begins; other lines, which are most, need none of the five patterns in `_DATED`."""

_glog = LazyPattern(r"[IWEFD][0-9]{4}(?:[0-9]{4})?\s+[0-9:.]+\s+[0-9]+\s+[^\s\]]+:[0-9]+\]")
_syslog = LazyPattern(rf"(?P<clock>{_DATE})(?:\s+{_SENT})?(?=\s)", re.IGNORECASE)
_journal = LazyPattern(rf"(?P<clock>{_DAY}T{_CLOCK})\s+{_SENT}", re.IGNORECASE)
_time = LazyPattern(rf"(?P<open>[\[(])?(?:{_DAY}(?:[T ,_]+{_CLOCK})?|{_CLOCK})(?(open)[\])])")
_elapsed = LazyPattern(r"\[\s*[0-9]+\.[0-9]+s?\]|1[0-9]{9}(?:\.[0-9]{1,9})?(?=\s)")
_container = LazyPattern(r"[A-Za-z][\w.-]*[-_.][0-9]+\s+\|(?=\s)")
_counted = LazyPattern(r"[0-9]{1,9}(?:\t|:(?=[A-Za-z_]))")
_plain_logging = LazyPattern(r"(?:DEBUG|INFO|WARNING|ERROR|CRITICAL):[\w.]+:")
_level = LazyPattern(rf"(?P<open>[\[<(])?\s*{_LEVELS}\s*(?(open)[\]>)]|(?=[\s:|-]|$))", re.IGNORECASE)
_launched = LazyPattern(r"\[[0-9]+,([0-9]+)\]<std(?:out|err)>:?")
_named_rank = LazyPattern(
    r"(?P<open>[\[(])?\s*(?:mpi[ _-]?)?(?:rank|proc|process|task|worker|pe|gpu)\s*[:=#]?\s*([0-9]+)\s*"
    r"(?(open)[\])]:?|[:|])",
    re.IGNORECASE,
)
_numbered = LazyPattern(r"(?:\[\s*([0-9]{1,9})\s*\]:?|([0-9]{1,9}):)(?=\s)")
_named = LazyPattern(
    rf"(?!TRACE|PIX0_PY){_NAME}(?=\s+[-|]\s|\]|:\s+(?:TRACE|PIX0_PY|[A-Za-z_]\w*+\s*+[=:]\s))"
    r"|[A-Za-z_][\w./-]*+(?::(?=[\w.]*[A-Za-z_.])[\w.]++)*:[0-9]+(?=\s)"
)
_labelled = LazyPattern(rf"{_NAME}:\s+")
_bracketed = LazyPattern(r"\[[A-Za-z_][\w .:/<>#-]{0,60}\]|\((?:Main)?[Tt]hread[\w .:#-]{0,40}\)")
_leading_name = LazyPattern(rf"{_NAME}\s+[-|]\s+(?=\[?{_LEVELS}\]?\s+[-|])", re.IGNORECASE)
_separator = re.compile(r"[ \t]*(?:(?:[-|–—>]|:)(?=[ \t]|$)|:)?[ \t]*").match

_DATED = (_glog, _syslog, _journal, _time, _elapsed)
_LEVELLED = (_plain_logging, _level)
_FIRST = (_container, _counted)
"""What stands at the beginning of a line alone."""
_RANKS = ((_launched, True), (_named_rank, True), (_numbered, False))
_FURTHER = (_bracketed, _named)
_MOST_PARTS = 10
_MOST_DIGITS = 10
_LONGEST = 300
"""Letters within which a prefix ends."""

_value_alone = re.compile(r"[\[(]?[+-]?\.?[0-9]\S*+(?:\s[\s,]*+[+-]?\.?[0-9]\S*+)*+[\])]?\s*").fullmatch
_assigned = re.compile(r"\s*=").match


@dataclass(frozen=True, slots=True)
class LogPrefix:
    """What stands in front of a line's message.

    Attributes
    ----------
    ends : tuple of int
        Where the message may begin: behind what is sure to be a prefix, and behind each name that follows.
    beyond : int
        Where it begins if one word more, with a colon, is the name of a logger and not the key of a value.
    rank : int or None
        The rank, task or process that it names.
    named : bool
        Whether it says that the number is a rank; a bare one may number the lines.
    """

    ends: tuple[int, ...]
    beyond: int
    rank: int | None = None
    named: bool = False

    @property
    def starts(self) -> tuple[int, ...]:
        """Every place at which the message may begin."""
        return (*self.ends, self.beyond)

    @property
    def end(self) -> int:
        """Where the message begins, behind all names."""
        return self.ends[-1]


def prefix_of(line: str) -> LogPrefix | None:
    """Return what a logger or a launcher put in front of a line, None if nothing is known as such."""
    head = line[:_LONGEST]
    ends, rank = _parts(head)
    while ends and not _is_message(line[ends[-1] :]):
        ends.pop()
    return LogPrefix(tuple(dict.fromkeys(ends)), _beyond(head, ends[-1]), *rank) if ends else None


def _is_message(rest: str) -> bool:
    """Tell whether what is left behind a prefix is a message.

    Of `error: 1e-3` and `info = 3` it is a value, whose key the word was. A line of one such word is a message itself.
    """
    return bool(rest) and not (rest[0].isspace() or _value_alone(rest) or _assigned(rest))


def behind_prefix(line: str) -> str | None:
    """Return what follows a prefix and all names in it, numbers alone, too, as in a table's row; None without one."""
    head = line[:_LONGEST]
    ends, _ = _parts(head)
    return line[_beyond(head, ends[-1]) :] if ends else None


def _parts(head: str) -> tuple[list[int], tuple[int | None, bool]]:
    """Return where each part of a prefix ends, and the process that it names."""
    at = len(head) - len(head.lstrip(" \t"))
    ends: list[int] = []
    rank = _NO_RANK
    if leading := _leading_name.match(head, at):
        at = leading.end()
    for _ in range(_MOST_PARTS):
        dated = _first(_DATED, head, at) if _begins_dated(head, at) else None
        match = dated or _first(_LEVELLED if ends else (*_LEVELLED, *_FIRST), head, at)
        if match is None and rank is _NO_RANK and (ranked := _rank_at(head, at)):
            match, rank = ranked
        if match is None and ends:
            match = _first(_FURTHER, head, at)
        if match is None:
            break
        if "clock" in match.re.groupindex:
            # `host port:` may as well be `Unit Cell:`, what the message begins with.
            ends.append(_behind(head, match.end("clock")))
        at = _behind(head, match.end())
        ends.append(at)
    return ends, rank


def _behind(text: str, at: int) -> int:
    gap = _separator(text, at)
    return gap.end() if gap else at


def _beyond(text: str, at: int) -> int:
    match = _labelled.match(text, at)
    return match.end() if match else at


_NO_RANK: tuple[int | None, bool] = (None, False)


def _first(kinds: Iterable[LazyPattern], text: str, at: int) -> re.Match[str] | None:
    return next((found for kind in kinds if (found := kind.match(text, at))), None)


def _rank_at(text: str, at: int) -> tuple[re.Match[str], tuple[int | None, bool]] | None:
    """Return the number of a process at a place, and whether it is called one."""
    for kind, named in _RANKS:
        if found := kind.match(text, at):
            digits = next(group for group in reversed(found.groups()) if group and group.isdecimal())
            return found, (min(int(digits[:_MOST_DIGITS]), MOST), named)
    return None


_counts_lines = re.compile(r"[0-9]+[\t:]").match
_first_word = re.compile(r"[A-Za-z_]\w*").match
_coded = re.compile(r"[a-z][0-9]{4}").match
_NUMBERED_WORDS = frozenset({
    "rank", "proc", "process", "task", "worker", "pe", "gpu",
    "jan", "feb", "mar", "apr", "may", "jun", "jul", "aug", "sep", "oct", "nov", "dec",
})  # fmt: skip
_BEGIN_NO_PREFIX = frozenset("0123456789+-*/=.,;:|#!?&%$@~^")
_SECONDS = 10
"""Digits of the seconds since 1970, which some tools put in front of a line."""


def stands_bare(line: str) -> bool:
    """Return whether nothing is in front of a line, whatever the numbers in it are.

    A number in front of all others may be one of seconds since 1970: :func:`may_be_seconds` tells.
    """
    start = line.lstrip(" \t")
    if _parts(line[:_LONGEST])[0]:
        return False
    if word := _first_word(start):
        first = word[0].lower()
        return first.isascii() and first not in _NUMBERED_WORDS and not first.startswith("mpi") and not _coded(first)
    return not start or (start[0] in _BEGIN_NO_PREFIX and not _counts_lines(start))


def begins_dated(line: str) -> bool:
    """Return whether a line begins as those do that have a time in front."""
    return _begins_dated(line.lstrip(" \t")) is not None


def may_be_seconds(number: str) -> bool:
    """Return whether a number is as long as that of the seconds since 1970."""
    return len(number) >= _SECONDS and number[:_SECONDS].isdigit()


def message(line: str) -> str:
    """Return a line without what a logger or a launcher put in front of it."""
    prefix = prefix_of(line)
    return line if prefix is None else line[prefix.end :]


def ranks_among(lines: Mapping[int, int], *, named: bool) -> tuple[int, ...]:
    """Return the ranks that several processes of a run have, in order; none where one alone has printed.

    Parameters
    ----------
    lines : mapping of int to int
        How many lines each number stands before.
    named : bool
        Whether the lines say that it is a rank. Numbers of which none comes twice count the lines.
    """
    counts = Counter(lines)
    counting = not named and len(counts) > 2 and counts.most_common(1)[0][1] == 1
    return () if len(counts) < 2 or counting else tuple(sorted(counts))
