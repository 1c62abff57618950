"""Words for the terminal that are no report: names shown as text, and the one line of an error."""

import sys
from contextlib import suppress
from pathlib import Path


def shown(name: str | Path) -> str:
    """Return a text as one printable line: control characters and what is not UTF-8 are escaped."""
    return "".join(letter if letter.isprintable() else _escaped(letter) for letter in str(name))


def complain(message: str) -> None:
    """Print an error as one line on standard error; where nobody can be told, the exit status alone tells it."""
    with suppress(OSError):
        sys.stderr.write(f"nbtrace: {shown(' '.join(message.split()))}\n")
        sys.stderr.flush()


def _escaped(letter: str) -> str:
    if "\udc80" <= letter <= "\udcff":
        return f"\\x{ord(letter) - 0xDC00:02x}"
    return letter.encode("unicode_escape").decode()
