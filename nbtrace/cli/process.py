"""The process of a command: what it needs of its surroundings, and the exit status that it ends with, come what may."""

import atexit
import errno
import gc
import io
import os
import signal
import sys
from collections.abc import Callable
from contextlib import suppress
from functools import cache
from typing import Any, Literal, NoReturn, TextIO

from nbtrace.cli.printing import complain
from nbtrace.errors import ExitCode, NbtraceError

INTERRUPTED = 128 + signal.SIGINT
_READER_GONE = 128 + signal.SIGPIPE
_ANSWERS = frozenset({ExitCode.AGREE, ExitCode.DIFFER, ExitCode.MISMATCH})
_GARBAGE = 20_000, 10, 10
"""After how many new values garbage is looked for among them, and how often before older ones are."""
_DIGITS = 4
"""The most that a size of a terminal has."""
_OF_OUTPUT = frozenset({errno.ENOSPC, errno.EROFS, errno.EDQUOT, errno.EFBIG})
"""What only writing fails with."""


def keep_loaded() -> None:
    """Search what is loaded for garbage no more, and the rest less often: hardly anything that a log becomes is any.

    To look through what was imported, and through values by the hundred thousand, takes as long as reading megabytes.
    """
    gc.freeze()
    gc.set_threshold(*_GARBAGE)


def prepare() -> None:
    """Make the standard streams and the signals of this process those of a command."""
    _open_closed_streams()
    _forget_odd_sizes()
    for stream in (sys.stdout, sys.stderr):
        if isinstance(stream, io.TextIOWrapper):
            # A terminal that cannot show a letter shows its number; a report does not end in the middle for it.
            stream.reconfigure(errors="backslashreplace")
    _end_like_an_error()
    _watch_exit_handlers()


def end_with(command: Callable[[], object]) -> NoReturn:
    """Run a command and exit; an error is one line on standard error and its exit code.

    A fault of nbtrace itself has its traceback and a status of its own: Python's 1 would say that two inputs differ.
    """
    try:
        status = _flushed(_status(command))
    except Exception:  # noqa: BLE001 - what nobody expected
        import traceback  # noqa: PLC0415 - only for a fault of our own

        with suppress(OSError):
            traceback.print_exc()
        status = _flushed(ExitCode.BROKEN)
    atexit.register(_Exiting.begin)
    sys.exit(status)


def _status(command: Callable[[], object]) -> int:
    try:
        returned = command()
    except NbtraceError as error:
        complain(str(error))
        return int(error.exit_code)
    except KeyboardInterrupt:
        return INTERRUPTED
    except OSError as error:
        return _status_of(error)
    except MemoryError:
        complain("not enough memory for this input")
        return int(ExitCode.INPUT)
    except Exception as error:  # one of typer's, or what nobody expected
        if "typer" not in sys.modules:
            raise
        from nbtrace.cli.invocation import status_of_typer  # noqa: PLC0415 - it is loaded

        status = status_of_typer(error)
        if status is None:
            raise
        return status
    return returned if isinstance(returned, int) else 0


def _status_of(error: OSError) -> int:
    """Report what the system refused and no part of nbtrace has reported yet."""
    if isinstance(error, BrokenPipeError):
        _give_up_output()
        return _READER_GONE
    if error.filename is not None:
        complain(f"{os.fsdecode(error.filename)} cannot be used: {error.strerror}")
        return int(ExitCode.USAGE if error.errno in _OF_OUTPUT else ExitCode.INPUT)
    if _folder_is_gone():
        complain("the current folder has been removed; change to one that exists")
        return int(ExitCode.USAGE)
    _give_up_output()
    closed = error.errno == errno.EBADF
    complain("output cannot be written: " + ("standard output is closed" if closed else str(error.strerror or error)))
    return int(ExitCode.USAGE)


def _flushed(status: int) -> int:
    """Write what waits to be written, which fails now or never; an error that came before it is the one that counts."""
    try:
        sys.stdout.flush()
    except OSError as error:
        if status in _ANSWERS:
            return _status_of(error)
        _give_up_output()
    return status


def _give_up_output() -> None:
    """Keep the interpreter from complaining at its end about output that nobody takes."""
    with suppress(OSError):
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())


def _folder_is_gone() -> bool:
    try:
        os.getcwd()  # noqa: PTH109 - asked for its error alone
    except OSError:
        return True
    return False


class _Exiting:
    """The time in which exit handlers run: Python passes over their errors, and would end as if nothing were wrong."""

    failed = False

    @classmethod
    def begin(cls) -> None:
        """Note errors from here on."""
        sys.unraisablehook = cls.note

    @classmethod
    def note(cls, unraisable: Any) -> None:
        """Print an error that Python passes over, and remember it."""
        cls.failed = True
        sys.__unraisablehook__(unraisable)

    @classmethod
    def end(cls) -> None:
        """End with a status of its own where an exit handler failed."""
        if cls.failed:
            _flushed(ExitCode.BROKEN)
            os._exit(ExitCode.BROKEN)


@cache
def _watch_exit_handlers() -> None:
    # Handlers run in the reverse order of their registration: this one before all others runs after them.
    atexit.register(_Exiting.end)


def _open_closed_streams() -> None:
    """Open what the caller has closed: else the next file that is opened would be taken for it.

    Standard output is opened so that writing to it fails, as it does where it is closed; what is said on a closed
    standard error is lost, and a closed standard input is empty.
    """
    if sys.stdin is None:
        sys.stdin = _null(0, os.O_RDONLY, "r")
    if sys.stdout is None:
        sys.stdout = _null(1, os.O_RDONLY, "w")
    if sys.stderr is None:
        sys.stderr = _null(2, os.O_WRONLY, "w")


def _null(number: int, flags: int, mode: Literal["r", "w"]) -> TextIO:
    descriptor = os.open(os.devnull, flags)
    if descriptor != number:
        os.dup2(descriptor, number)
        os.close(descriptor)
    return open(number, mode, encoding="utf-8", closefd=False)


def _forget_odd_sizes() -> None:
    """Leave sizes of the terminal that are none out of the environment: what reads them takes them for numbers."""
    for name in ("COLUMNS", "LINES"):
        size = os.environ.get(name, "1")
        if not (size.isascii() and size.isdigit() and len(size) <= _DIGITS and size[0] != "0"):
            del os.environ[name]


def _end_like_an_error() -> None:
    """Let a request to end unwind the stack, so that programs are ended and temporary files removed."""

    def end(number: int, _: object) -> None:
        signal.signal(number, signal.SIG_IGN)
        sys.exit(128 + number)

    for name in ("SIGTERM", "SIGHUP"):
        number = getattr(signal, name, None)  # Windows has no SIGHUP
        if number is not None and signal.getsignal(number) is signal.SIG_DFL:
            signal.signal(number, end)
