"""Trace lines for nbtrace, from a program in Python. Trace format 1.

The file needs nothing but Python 3.8; copy it where you like, or call it as `nbtrace.log` where nbtrace is installed.

    from nbtrace_log import log, log_index

    for step in range(steps):
        with log_index(step=step):
            log("T_K", temperature, unit="K")        # a number, a numpy array, a torch tensor, a list, a word
            log("p_Pa", pressures, over="cell")      # an array, one line for each element
            log("flux", flux, cell=3)                # an index for this line alone

Nothing is printed unless the environment says where to, `NBTRACE_LOG=py.log python program.py` (`-` is standard
output, `%p` becomes the process id), or `log_to("py.log")` is called. `NBTRACE_PREFIX` is what lines begin with,
TRACE_PY unless it says otherwise. Where tracing is off, a call returns at once: nothing of its value is touched. Each
line is written whole and at once, whichever thread prints it. A log that exists is replaced if it is a trace log, and
left alone if it is anything else.

License: MIT, like nbtrace itself.
"""

from __future__ import annotations

import os
import sys
import threading
from contextlib import contextmanager, nullcontext
from contextvars import ContextVar
from operator import index as whole
from typing import TYPE_CHECKING, Any, SupportsIndex

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping
    from contextlib import AbstractContextManager

__all__ = ["log", "log_index", "log_to"]

_LONGEST_LINE = 4096
_LARGEST = 2**31 - 1
_MARK = b"TRACE_FORMAT"
_NOTHING: AbstractContextManager[None] = nullcontext()

_index: ContextVar[Mapping[str, int]] = ContextVar("nbtrace_index", default={})  # noqa: B039 - never changed in place
_lock = threading.RLock()
_on = bool(os.environ.get("NBTRACE_LOG"))
_sink: _Sink | None = None


def log(
    name: str, value: object, /, *, unit: str = "", over: str | tuple[str, ...] = (), **index: SupportsIndex
) -> None:
    """Print the value of a quantity on a line of the trace, if tracing is on.

    Parameters
    ----------
    name : str
        What it is called: letters, digits and `_`.
    value : number, text, None, list, tuple, numpy array, torch tensor
        With one axis it is a vector, with two a matrix; a complex number is two numbers. None says that the program
        has no value.
    unit : str, optional
        Such as `K`, `m/s`, `W/(m K)`.
    over : str or tuple of str, optional
        The loops that the first axes of an array stand for: `over="cell"` prints a line for each element, with its
        `cell=`.
    **index : whole number
        Turns of loops that this value is of, besides those of :func:`log_index`.

    Raises
    ------
    TypeError
        If the value is of a kind that no line can hold.
    ValueError
        If a name, an index, or the form of the value is none.

    Where tracing is off nothing is raised. A log that cannot be written ends with a line on standard error, and the
    program goes on.
    """
    if not _on:
        return
    sink = _opened()
    if sink is not None:
        loops = (over,) if isinstance(over, str) else tuple(over)
        places = {**_index.get(), **_checked(index)}
        text = "".join(_lines(sink.prefix, places, _named(name), _plain(value), unit, loops))
        try:
            sink.write(text)
        except OSError as error:
            _give_up(f"the log ends here: {error}")


def log_index(**index: SupportsIndex) -> AbstractContextManager[None]:
    """Give what is logged inside an index: `with log_index(step=3):`; within one another they add up.

    Each thread and each task has an index of its own.
    """
    return _indexed(_checked(index)) if _on else _NOTHING


@contextmanager
def _indexed(index: Mapping[str, int]) -> Iterator[None]:
    before = _index.set({**_index.get(), **index})
    try:
        yield
    finally:
        _index.reset(before)


def log_to(path: str | os.PathLike[str] | None, prefix: str | None = None) -> AbstractContextManager[None]:
    """Begin a log in a file: `log_to("py.log")`; `with log_to("py.log"):` ends it at the end of the block.

    Parameters
    ----------
    path : str, path-like or None
        `-` is standard output; None ends the log and turns tracing off.
    prefix : str, optional
        What lines begin with, in place of `NBTRACE_PREFIX` and TRACE_PY.

    Raises
    ------
    FileExistsError
        If the file exists, and is no trace log.
    OSError
        If it cannot be written.
    """
    global _on, _sink
    with _lock:
        opened = None if path is None else _Sink(os.fspath(path), prefix)
        if _sink is not None:
            _sink.close()
        _sink, _on = opened, opened is not None
    return _Log()


class _Log:
    """Ends the log at the end of a block."""

    def __enter__(self) -> None:
        pass

    def __exit__(self, *_: object) -> None:
        log_to(None)


class _Sink:
    """An open log."""

    def __init__(self, name: str, prefix: str | None = None) -> None:
        prefix = prefix or os.environ.get("NBTRACE_PREFIX") or "TRACE_PY"
        self.prefix = f"{prefix}:" if prefix[-1].isalnum() or prefix[-1] == "_" else prefix
        self._given = name
        self._file = -1
        if name != "-":
            self._file = os.open(_replaceable(name.replace("%p", str(os.getpid()))), _FLAGS, 0o666)
        self.write("TRACE_FORMAT 1\n")

    def write(self, text: str) -> None:
        """Write whole lines, which no other thread comes between."""
        with _lock:
            if self._file < 0:
                sys.stdout.write(text)
                sys.stdout.flush()
                return
            rest = text.encode()
            while rest:
                rest = rest[os.write(self._file, rest) :]

    def of_child(self) -> _Sink:
        """Return the log of a forked process: one of its own, if the name tells processes apart."""
        return _Sink(self._given, self.prefix) if "%p" in self._given else self

    def close(self) -> None:
        """Close the file."""
        if self._file >= 0:
            os.close(self._file)


_FLAGS = os.O_WRONLY | os.O_CREAT | os.O_TRUNC | os.O_APPEND


def _replaceable(name: str) -> str:
    """Return the name of a file that may be written."""
    if os.path.isfile(name) and os.path.getsize(name):  # noqa: PTH113, PTH202 - the names of devices, too
        with open(name, "rb") as file:  # noqa: PTH123
            if file.read(len(_MARK)) != _MARK:
                raise FileExistsError(f"{name} exists and is no trace log; it is left alone")
    return name


def _opened() -> _Sink | None:
    """Return the log, opened by what the environment says if it is not yet; None if that cannot be done."""
    global _sink  # noqa: PLW0603 - a log is of the whole process
    if _sink is None:
        with _lock:
            if _sink is None:
                try:
                    _sink = _Sink(os.environ["NBTRACE_LOG"])
                except (OSError, KeyError) as error:
                    _give_up(f"nothing is traced: {error}")
    return _sink


def _give_up(why: str) -> None:
    """Turn tracing off: the program itself is not at fault, and goes on."""
    global _on  # noqa: PLW0603 - a log is of the whole process
    _on = False
    sys.stderr.write(f"nbtrace_log: {why}\n")


def _after_fork() -> None:
    global _sink  # noqa: PLW0603 - a log is of the whole process
    if _sink is not None:
        try:
            _sink = _sink.of_child()
        except OSError as error:
            _give_up(f"nothing is traced: {error}")


if hasattr(os, "register_at_fork"):
    os.register_at_fork(after_in_child=_after_fork)


def _named(name: str) -> str:
    if not name.isidentifier() or name.lower() in {"nan", "inf", "infinity"}:
        raise ValueError(f"{name!r} is no name of a quantity or a loop: letters, digits and _, beginning with a letter")
    return name


def _checked(index: Mapping[str, Any]) -> dict[str, int]:
    """Return an index with plain whole numbers."""
    places = {_named(name): whole(ordinal) for name, ordinal in index.items()}
    for name, ordinal in places.items():
        if not 0 <= ordinal <= _LARGEST:
            raise ValueError(f"{name}={ordinal} is no ordinal of a loop: they go from 0 to {_LARGEST}")
    return places


def _plain(value: Any) -> Any:
    """Return a value as nested lists of Python's own numbers, a text or None."""
    if value is None or isinstance(value, (bool, int, float, complex, str)):
        return value
    if isinstance(value, (list, tuple, range)):
        return [_plain(item) for item in value]
    detach = getattr(value, "detach", None)
    if detach is not None:
        return detach().cpu().tolist()
    tolist = getattr(value, "tolist", None)
    if tolist is not None:
        plain = tolist()
        return plain if isinstance(plain, list) or type(plain).__module__ == "builtins" else float(plain)
    try:
        return float(value)
    except (TypeError, ValueError):
        raise TypeError(f"a {type(value).__name__} is no value that a trace line can hold") from None


def _lines(
    prefix: str, index: Mapping[str, int], name: str, value: Any, unit: str, loops: tuple[str, ...]
) -> Iterator[str]:
    """Yield the lines of a value: one, or one for each element of its first axes."""
    if loops:
        if not isinstance(value, list):
            raise ValueError(f"{name} has no axis for the loop {loops[0]}")
        loop = _named(loops[0])
        for place, item in enumerate(value):
            yield from _lines(prefix, {**index, loop: place}, name, item, unit, loops[1:])
        return
    words = [prefix, *(f"{loop}={place}" for loop, place in index.items()), name, _printed(name, value)]
    line = " ".join([*words, unit] if unit and not isinstance(value, str) and value is not None else words)
    if len(line) > _LONGEST_LINE:
        raise ValueError(f"{name} does not fit on a line; name the loop that its first axis stands for: over='...'")
    yield f"{line}\n"


def _printed(name: str, value: Any) -> str:
    if isinstance(value, str):
        text = "".join(letter if letter.isprintable() and letter != "=" else "_" for letter in value).strip()
        return text or "empty"
    if not isinstance(value, list):
        return _number(value)
    if not value:
        return "empty"
    if not any(isinstance(item, list) for item in value):
        return " ".join(map(_number, value))
    rows = [item if isinstance(item, list) else None for item in value]
    sizes = {-1 if row is None else len(row) for row in rows}
    if len(sizes) > 1 or any(isinstance(item, list) for row in rows for item in row or ()):
        raise ValueError(f"{name} is no vector and no matrix; name the loops of its first axes: over=('...', '...')")
    if sizes == {0}:
        return "empty"
    text = "; ".join(" ".join(map(_number, row or ())) for row in rows)
    return f"[{text}]" if len(rows) > 1 else text


def _number(value: Any) -> str:
    if isinstance(value, bool):
        return str(int(value))
    if isinstance(value, int):
        return str(value)
    if isinstance(value, float):
        return f"{value:.17g}"
    if isinstance(value, complex):
        return f"{value.real:.17g} {value.imag:.17g}"
    if value is None:
        return "None"
    return f"{float(value):.17g}"
