"""Programs run without a shell: their output goes on to the terminal and is kept, with exit status and times."""

import os
import selectors
import signal
import subprocess
import time
from collections.abc import Sequence
from contextlib import suppress
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import IO, BinaryIO

_PIECE_BYTES = 1 << 16
_POLL_SECONDS = 0.1


@dataclass(frozen=True)
class Run:
    """How a program ended.

    `status` is its exit status, negative for the signal that killed it, and None if it could not be started; `problem`
    is then the reason. `wall_seconds` is the time from its start to its end.
    """

    command: tuple[str, ...]
    started: datetime
    wall_seconds: float
    status: int | None
    problem: str | None = None

    @property
    def text(self) -> str:
        """How it ended, in words."""
        if self.status is None:
            return f"could not be started: {self.problem}"
        if self.status < 0:
            return f"killed by {_signal_name(-self.status)}"
        return f"exit {self.status}"


def _signal_name(number: int) -> str:
    try:
        return signal.Signals(number).name
    except ValueError:
        return f"signal {number}"


def run_captured(command: Sequence[str], kept: tuple[Path, Path], echo: tuple[BinaryIO | None, BinaryIO | None]) -> Run:
    """Run a program until it ends and keep what it writes.

    Parameters
    ----------
    command : sequence of str
        The program and its arguments; no shell sees them. It reads the standard input of this process.
    kept : two paths
        Files for its standard output and its standard error, which start empty; written while it runs.
    echo : two binary streams, or None
        Where its output and error go as well, as they come. A stream that breaks is not written to any more.
    """
    started, clock = datetime.now(UTC), time.monotonic()
    with kept[0].open("wb", buffering=0) as out, kept[1].open("wb", buffering=0) as err:
        try:
            process = subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.PIPE, bufsize=0)
        except (OSError, ValueError) as error:
            problem = error.strerror if isinstance(error, OSError) and error.strerror else str(error)
            return Run(tuple(command), started, time.monotonic() - clock, None, problem)
        with process:
            sinks = ((process.stdout, out, echo[0]), (process.stderr, err, echo[1]))
            try:
                _pump(process, sinks)
            except KeyboardInterrupt:
                # The terminal sent the program the same signal; what it still says belongs to the evidence.
                _pump(process, sinks)
            process.wait()
    return Run(tuple(command), started, time.monotonic() - clock, process.returncode)


def _pump(
    process: subprocess.Popen[bytes], sinks: Sequence[tuple[IO[bytes] | None, IO[bytes], BinaryIO | None]]
) -> None:
    """Pass on what comes out of the pipes until both are closed, or the program has ended and they are empty.

    A background process that the program leaves behind may hold the pipes open for ever; it is not waited for.
    """
    with selectors.DefaultSelector() as selector:
        for pipe, kept, echo in sinks:
            if pipe is not None and not pipe.closed:
                selector.register(pipe, selectors.EVENT_READ, (kept, echo))
        while selector.get_map():
            ready = selector.select(_POLL_SECONDS)
            if not ready and process.poll() is not None:
                return
            for key, _ in ready:
                data = os.read(key.fd, _PIECE_BYTES)
                if not data:
                    selector.unregister(key.fileobj)
                    continue
                kept, echo = key.data
                kept.write(data)
                if echo is not None:
                    _pass_on(data, echo)


def _pass_on(data: bytes, echo: BinaryIO) -> None:
    with suppress(BrokenPipeError, ValueError):
        echo.write(data)
        echo.flush()
