"""The traps of nanoBragg's flags as warnings, for commands that run something with them."""

import sys
from collections.abc import Sequence

from nbtrace.cli.printing import shown


def warn_of_traps(flags: Sequence[str], *, mode: str | None = None, files: bool = True) -> None:
    """Print what `nbtrace lint` says of flags, a line each on standard error.

    Parameters
    ----------
    flags : sequence of str
        As they are typed.
    mode : str, optional
        In place of -mode among them; by default the flags are the reference's.
    files : bool
        Whether the files that they name lie where they are looked for from here.
    """
    # The simulator's flags, which few commands need.
    from simulator.lint import lint  # noqa: PLC0415

    for trap in lint(flags, mode=mode, files=files):
        sys.stderr.write(f"warning: {shown(trap.text)}\n")
