"""Figures by matplotlib's object interface: nothing here touches its global state, and no window is ever opened."""

import os


def _load_matplotlib() -> None:
    """Import matplotlib, which refuses to be imported where `MPLBACKEND` names no backend; no figure here needs one."""
    wanted = os.environ.pop("MPLBACKEND", None)
    try:
        import matplotlib as mpl  # noqa: PLC0415 - not before the variable is out of the way
    finally:
        if wanted is not None:
            os.environ["MPLBACKEND"] = wanted
    if wanted:
        try:
            mpl.rcParams["backend"] = wanted  # as matplotlib does, for whoever draws in the same process
        except ValueError:
            return


_load_matplotlib()
