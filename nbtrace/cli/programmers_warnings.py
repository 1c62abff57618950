"""What libraries tell programmers, kept off the terminal; what nbtrace itself logs, shown there."""

import logging
import sys
import warnings

from nbtrace.cli.printing import shown


def keep_from_users() -> None:
    """Keep what libraries tell programmers off the terminal, unless Python itself is told otherwise (`-W`)."""
    if not sys.warnoptions:
        warnings.showwarning = _shown_to_nobody
    root, own = logging.getLogger(), logging.getLogger("nbtrace")
    if not root.handlers:
        root.addHandler(logging.NullHandler())
    if not any(isinstance(handler, _Lines) for handler in own.handlers):
        own.addHandler(_Lines())


def _shown_to_nobody(*_: object, **__: object) -> None:
    pass


class _Lines(logging.Handler):
    """Shows what nbtrace itself logs as lines on standard error."""

    def emit(self, record: logging.LogRecord) -> None:
        sys.stderr.write(f"{shown(record.getMessage())}\n")
