"""Commands as a terminal starts them, whatever the run of the tests has inherited."""

import os
import signal
import subprocess
import sys
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager

OF_A_TERMINAL = (signal.SIGINT, signal.SIGHUP, signal.SIGTERM)
"""Signals that a terminal or its user sends to end a command."""


@contextmanager
def started(
    words: Sequence[str], variables: Mapping[str, str] | None = None, ignored: Sequence[signal.Signals] = ()
) -> Iterator[subprocess.Popen[str]]:
    """Start `python -m nbtrace`, with its standard streams in pipes; in the end it is killed if it still runs.

    Signals are ignored by inheritance: what `nohup` starts ignores some, and so do its children. Here
    every signal ends the command, as at a terminal, but those that are `ignored`.
    """

    def dispositions() -> None:
        for number in OF_A_TERMINAL:
            signal.signal(number, signal.SIG_IGN if number in ignored else signal.SIG_DFL)

    running = subprocess.Popen(
        [sys.executable, "-m", "nbtrace", *words],
        env={**os.environ, "PYTHONPATH": os.pathsep.join(filter(None, sys.path)), **(variables or {})},
        stdin=subprocess.DEVNULL,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
        preexec_fn=dispositions,  # noqa: PLW1509 - the tests run one thread
    )
    try:
        yield running
    finally:
        running.kill()
        running.communicate()
