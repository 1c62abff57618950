"""A candidate that stays alive: started once in this process, and asked for one run after another.

What is said, and what a program must do, stands in :mod:`nbtrace.serving`.
"""

import atexit
import json
import os
import selectors
import signal
import subprocess
import tempfile
import threading
import time
from collections.abc import Mapping, Sequence
from contextlib import suppress
from datetime import UTC, datetime
from enum import Enum
from functools import cache
from pathlib import Path
from typing import IO

from nbtrace.errors import ProgramError
from nbtrace.evidence.orphans import unwatch, watch
from nbtrace.evidence.program import ProgramRun, Surroundings, run_kept
from nbtrace.evidence.program_environment import environment_of_programs
from nbtrace.programs.programs import Program
from nbtrace.serving import ALIVE

_POLL_SECONDS = 0.1
_MOST_SAID = 2**20
"""Bytes that a program may print besides its answer, and that are told of what it said before it ended."""


class _Limit(Enum):
    TIME = "time"
    OUTPUT = "output"


def run_program(
    program: Program, words: Sequence[str], logs: tuple[Path, Path], surroundings: Surroundings
) -> ProgramRun:
    """Run a program, or let one that stays alive do a run.

    Raises
    ------
    ProgramError
        If one that stays alive ends, or answers what is no answer.
    """
    if program.stays_alive:
        return _alive(program).run(words, logs, surroundings)
    return run_kept([*program.words, *words], logs, surroundings=surroundings)


@cache
def _alive(program: Program) -> "AliveProgram":
    return AliveProgram(program)


class AliveProgram:
    """A program that stays alive; it is started when it is first asked, and again after it has ended.

    Parameters
    ----------
    program : Program
    """

    def __init__(self, program: Program) -> None:
        self._program = program
        self._process: subprocess.Popen[bytes] | None = None
        self._said: IO[bytes] | None = None
        self._number = 0
        self._variables: dict[str, str] = {}
        self._lock = threading.Lock()
        atexit.register(self.end)

    def run(self, words: Sequence[str], logs: tuple[Path, Path], surroundings: Surroundings) -> ProgramRun:
        """Let it do a run; see :func:`run_program`."""
        with self._lock:
            started, clock = datetime.now(UTC), time.monotonic()
            for log in logs:
                log.touch()
            command = (*self._program.words, *words)
            try:
                process = self._running(surroundings.variables)
                self._number += 1
                self._ask(process, words, logs, surroundings)
            except OSError as error:
                self.end()
                return ProgramRun(command, started, time.monotonic() - clock, None, error.strerror or str(error))
            try:
                reply = self._reply(process, logs, surroundings)
            except BaseException:
                self.end()
                raise
            seconds = time.monotonic() - clock
            if isinstance(reply, _Limit):
                self.end()
                overran = surroundings.seconds if reply is _Limit.TIME else None
                flooded = surroundings.most_bytes if reply is _Limit.OUTPUT else None
                return ProgramRun(command, started, seconds, -signal.SIGKILL, None, overran, flooded)
            status = self._status_of_ended(process, logs[1]) if reply is None else reply
            return ProgramRun(command, started, seconds, status)

    def end(self) -> None:
        """End the program and all that it started."""
        process, self._process = self._process, None
        if process is None:
            return
        with suppress(ProcessLookupError, PermissionError):
            os.killpg(process.pid, signal.SIGKILL)
        for stream in (process.stdin, process.stdout, self._said):
            if stream is not None:
                with suppress(OSError):
                    stream.close()
        unwatch(process.pid)
        process.wait()

    def _running(self, variables: Mapping[str, str]) -> "subprocess.Popen[bytes]":
        """Return its process; libraries read how many threads they may have when they are loaded, so a new one."""
        if self._process is None or self._process.poll() is not None or self._variables != dict(variables):
            self.end()
            self._variables = dict(variables)
            self._said = tempfile.TemporaryFile()  # noqa: SIM115 - as long as the program runs
            self._process = subprocess.Popen(
                self._program.words,
                stdin=subprocess.PIPE,
                stdout=subprocess.PIPE,
                stderr=self._said,
                bufsize=0,
                env={**environment_of_programs(), **variables, ALIVE: "1"},
                start_new_session=True,
            )
            watch(self._process.pid)
        return self._process

    def _ask(
        self,
        process: "subprocess.Popen[bytes]",
        words: Sequence[str],
        logs: tuple[Path, Path],
        surroundings: Surroundings,
    ) -> None:
        asked = {
            "run": self._number,
            "flags": list(words),
            "folder": str(surroundings.folder),
            "variables": dict(surroundings.variables),
            "stdout": str(logs[0]),
            "stderr": str(logs[1]),
        }
        pipe = _pipe(process.stdin)
        pipe.write(json.dumps(asked).encode() + b"\n")
        pipe.flush()

    def _reply(
        self, process: "subprocess.Popen[bytes]", logs: tuple[Path, Path], surroundings: Surroundings
    ) -> "int | _Limit | None":
        """Return the status that the program answers, the limit that came first, or None where it ended or raved."""
        waiting, seen, clock = b"", 0, time.monotonic()
        pipe = _pipe(process.stdout)
        with selectors.DefaultSelector() as selector:
            selector.register(pipe, selectors.EVENT_READ)
            while seen < _MOST_SAID:
                ready = selector.select(_POLL_SECONDS)
                if surroundings.seconds is not None and time.monotonic() - clock > surroundings.seconds:
                    return _Limit.TIME
                if any(log.stat().st_size > surroundings.most_bytes for log in logs):
                    return _Limit.OUTPUT
                data = os.read(pipe.fileno(), _MOST_SAID) if ready else b""
                if ready and not data:
                    return None
                seen += len(data)
                *lines, waiting = (waiting + data).split(b"\n")
                for line in lines:
                    if (status := self._status_in(line)) is not None:
                        return status
        return None

    def _status_in(self, line: bytes) -> int | None:
        """Return the status of this run, if a line answers it."""
        try:
            answer = json.loads(line)
        except (ValueError, RecursionError):
            return None
        if not isinstance(answer, dict) or answer.get("run") != self._number:
            return None
        status = answer.get("status")
        return status if type(status) is int else None

    def _status_of_ended(self, process: "subprocess.Popen[bytes]", log: Path) -> int:
        """Return the status of a program that ended in place of answering; what it said to nobody goes to the log."""
        with suppress(subprocess.TimeoutExpired):
            process.wait(1.0)
        code = process.poll()
        if self._said is not None:
            self._said.seek(max(self._said.seek(0, os.SEEK_END) - _MOST_SAID, 0))
            with log.open("ab") as stream:
                stream.write(self._said.read())
        self.end()
        if code:
            return code
        what = "ended in place of answering" if code == 0 else f"gave no answer in {_MOST_SAID // 2**10} kB of output"
        raise ProgramError(f"{self._program.file.name} ({self._program.origin}) {what}; does it call serve()?")


def _pipe(pipe: IO[bytes] | None) -> IO[bytes]:
    if pipe is None:
        raise ValueError("the program was started without pipes")
    return pipe
