"""Figures, drawn with matplotlib, which is loaded here: no junk in its settings is in the way."""

import logging
import os
import sys
from contextlib import suppress

from nbtrace.errors import UsageError

_BACKEND = "MPLBACKEND"


def _load() -> None:
    """Load matplotlib whatever kind of window the environment wants: nothing is shown here.

    What uses matplotlib later gets that kind, if there is one. What is logged about fonts, caches and settings is no
    news for the user.
    """
    logging.getLogger("matplotlib").addHandler(logging.NullHandler())
    if "matplotlib" in sys.modules:
        return
    chosen = os.environ.pop(_BACKEND, None)
    try:
        import matplotlib as mpl  # noqa: PLC0415 - not before the environment is as it should be
    except UnicodeDecodeError as error:
        raise UsageError(f"matplotlib cannot read its settings: a file matplotlibrc is no UTF-8 ({error})") from None
    finally:
        if chosen is not None:
            os.environ[_BACKEND] = chosen
    if chosen is not None:
        with suppress(ValueError):
            mpl.rcParams["backend"] = chosen  # as matplotlib does, for whoever draws in the same process


_load()
