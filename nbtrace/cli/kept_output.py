"""What a command prints, kept for the evidence while it goes on to the terminal."""

import io
import sys
from collections.abc import Iterator
from contextlib import contextmanager, redirect_stderr, redirect_stdout
from dataclasses import dataclass
from typing import TextIO


class _Tee(io.TextIOBase):
    """A text stream that passes everything on and keeps it."""

    def __init__(self, stream: TextIO) -> None:
        self._stream = stream
        self._kept = io.StringIO()

    def write(self, text: str) -> int:
        self._stream.write(text)
        return self._kept.write(text)

    def flush(self) -> None:
        self._stream.flush()

    @property
    def text(self) -> str:
        return self._kept.getvalue()


@dataclass(frozen=True)
class KeptOutput:
    """The streams of a command; :attr:`stdout` and :attr:`stderr` are what has been printed so far."""

    out: _Tee
    err: _Tee

    @property
    def stdout(self) -> str:
        """The standard output so far."""
        return self.out.text

    @property
    def stderr(self) -> str:
        """The standard error so far, warnings included."""
        return self.err.text


@contextmanager
def kept_output() -> Iterator[KeptOutput]:
    """Keep what is printed inside."""
    streams = KeptOutput(_Tee(sys.stdout), _Tee(sys.stderr))
    with redirect_stdout(streams.out), redirect_stderr(streams.err):
        yield streams
