"""`commands.txt`: every command in order of time, as it is written and as it is read again.

A command that has ended is `# TIME ENDED, started TIME, wrote FILES, in FOLDER` and the command on the next line. A run
has a line before it, `# TIME start, output in FILES, in FOLDER`, with the command on the next, and a line after it,
`# TIME ENDED, wall SECONDS, started TIME, wrote FILES`. A start without its end: the run goes on or was interrupted.
"""

import re
import shlex
from collections import Counter
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path

from nbtrace.documents import utc_text
from nbtrace.evidence.lock import is_under_way
from nbtrace.evidence.provenance import FileRecord, Provenance

COMMANDS_NAME = "commands.txt"
_IS_LOG = re.compile(r"commands(_rerun\d+)?\.txt")
_START = re.compile(
    r"# (?P<time>\S+Z) start(?:, output in (\.nbtrace-\w+\.tmp) (\.nbtrace-\w+\.tmp))?, in .+", re.ASCII
)
_END = re.compile(r"# \S+Z .*?, started (?P<time>\S+Z), wrote .*")


@dataclass(frozen=True)
class Start:
    """A start line that has no end: where it stands, when and what was started, and where its output went first.

    `kept` are the names of the files of its standard output and its standard error; none where the line has none.
    """

    log: Path
    line: int
    time: str
    command: str
    kept: tuple[str, ...]


def is_command_log(name: str) -> bool:
    """Tell whether a file of a bundle has the name of `commands.txt` or of a rerun of it."""
    return _IS_LOG.fullmatch(name) is not None


def unended(logs: Mapping[Path, str]) -> Iterator[Start]:
    """Yield the starts without an end; `logs` holds the text of every command log of one bundle."""
    ends = Counter(
        end["time"] for text in logs.values() for line in text.split("\n") if (end := _END.fullmatch(line)) is not None
    )
    for log, text in logs.items():
        lines = text.split("\n")
        for number, line in enumerate(lines, start=1):
            start = _START.fullmatch(line)
            if start is None:
                continue
            ends[start["time"]] -= 1
            if ends[start["time"]] < 0:
                yield Start(log, number, start["time"], "".join(lines[number : number + 1]), _kept(start))


def goes_on(start: Start) -> bool:
    """Tell whether a run without an end goes on: its process holds the file that its output goes to."""
    return bool(start.kept) and is_under_way(start.log.parent / start.kept[0])


def _kept(start: re.Match[str]) -> tuple[str, ...]:
    return tuple(name for name in start.group(2, 3) if name is not None)


def run_start(provenance: Provenance, started: datetime, kept: Iterable[Path]) -> str:
    """Return the lines that stand before a run; `kept` are the temporary files of its output."""
    return f"# {utc_text(started)} start, output in {shell_text(path.name for path in kept)}{_command(provenance)}"


def run_end(ended: str, wall_seconds: float, started: datetime, written: Iterable[FileRecord]) -> str:
    """Return the line that stands after a run."""
    return f"# {_end(ended, wall_seconds, started)}{_wrote(written)}\n"


def run_interrupted(start: Start, written: Iterable[FileRecord]) -> str:
    """Return the line that ends a run which was interrupted: when it ended, nobody knows; the first time is now."""
    ended = f"{utc_text(datetime.now(UTC))} interrupted, noted afterwards, started {start.time}"
    return f"# {ended}{_wrote(written)}\n"


def past_command(provenance: Provenance, ended: str, wall_seconds: float | None, written: Iterable[FileRecord]) -> str:
    """Return the lines of a command that has ended; `commands.txt` is in order of the first time of a line."""
    return f"# {_end(ended, wall_seconds, provenance.time)}{_wrote(written)}{_command(provenance)}"


def shell_text(words: Iterable[str]) -> str:
    r"""Return words as one line that bash reads back; a line feed, which would end the line, is `$'\n'`."""
    return shlex.join(words).replace("\n", "'$'\\n''")


def _end(ended: str, wall_seconds: float | None, started: datetime) -> str:
    wall = "" if wall_seconds is None else f", wall {wall_seconds:.3f} s"
    return f"{utc_text(datetime.now(UTC))} {ended}{wall}, started {utc_text(started)}"


def _wrote(written: Iterable[FileRecord]) -> str:
    return f", wrote {shell_text(record.path for record in written)}"


def _command(provenance: Provenance) -> str:
    return f", in {shell_text([provenance.folder])}\n{shell_text(provenance.command)}\n"
