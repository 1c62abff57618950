"""What is to be captured: a program, its arguments, the probes, the selected turn."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path

from nbtrace.capturing.back_end import BackEnd
from nbtrace.capturing.probe import ProbeFile


@dataclass(frozen=True)
class CaptureRequest:
    """What is to be captured.

    Attributes
    ----------
    program : Path
        The program, as a whole path; :func:`found_program` gives it.
    arguments : tuple of str
        Those of the program.
    probes : ProbeFile
    at : mapping of str to int
        The selected turn of each loop; a loop that is missing is taken in every turn.
    build : str or None
        A command that builds a twin, with `{program}` and `{flags}`.
    seconds : float or None
        Time limit of each run.
    stdin : Path or None
        What the program reads from standard input; empty for None.
    folder : Path
        Where the program would run. It runs in a copy.
    uncompiled : bool
        A Python program runs without torch.compile, TorchScript, numba and jax.jit.
    variables : mapping of str to str
        What the environment of the program has besides that of this process.
    captured_from : Path or None
        What :func:`~nbtrace.capturing.session.chosen_build` returned for the same program and probes; None to have it
        asked.
    back_end : BackEnd or None
        What reads the values of a compiled program: `GDB` or `TRACEPOINTS`; None to have the faster one chosen.
    """

    program: Path
    arguments: tuple[str, ...]
    probes: ProbeFile
    at: Mapping[str, int] = field(default_factory=dict)
    build: str | None = None
    seconds: float | None = None
    stdin: Path | None = None
    folder: Path = field(default_factory=Path.cwd)
    uncompiled: bool = False
    variables: Mapping[str, str] = field(default_factory=dict)
    captured_from: Path | None = None
    back_end: BackEnd | None = None

    @property
    def pixel(self) -> tuple[int, int] | None:
        """The selected pixel, slow and fast; None where none is selected."""
        names = self.probes.selection.pixel
        if names is None or not all(name in self.at for name in names):
            return None
        return self.at[names[0]], self.at[names[1]]

    @property
    def command(self) -> tuple[str, ...]:
        """The program and its arguments."""
        return (str(self.program), *self.arguments)
