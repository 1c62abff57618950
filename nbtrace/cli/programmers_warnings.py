"""What libraries tell programmers, kept off the terminal."""

import sys
import warnings


def keep_from_users() -> None:
    """Keep what libraries tell programmers off the terminal, unless Python itself is told otherwise (`-W`)."""
    if not sys.warnoptions:
        warnings.showwarning = _shown_to_nobody


def _shown_to_nobody(*_: object, **__: object) -> None:
    pass
