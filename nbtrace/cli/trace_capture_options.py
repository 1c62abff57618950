"""Options of the commands that run the reference for its trace, and what captures its values where it prints none."""

from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from nbtrace.cli.panels import PROGRAMS
from nbtrace.errors import UsageError

if TYPE_CHECKING:
    from nbtrace.capturing.probe import ProbeFile
    from nbtrace.programs.programs import Program
    from nbtrace.programs.trace_capture import TraceCapture


@dataclass(frozen=True)
class TraceCaptureOptions:
    """How values are captured of a reference that prints no trace."""

    probes: Annotated[
        Path | None,
        typer.Option(
            "--probes",
            metavar="TOML",
            help="Where a reference that prints no trace has its values (nbtrace capture); by default nanoBragg's.",
            readable=False,
            rich_help_panel=PROGRAMS,
        ),
    ] = None
    build: Annotated[
        str | None,
        typer.Option(
            "--build",
            metavar="COMMAND",
            help="Builds a twin of such a reference, with {program} and {flags} (nbtrace capture).",
            rich_help_panel=PROGRAMS,
        ),
    ] = None

    def __post_init__(self) -> None:
        if self.build is not None:
            from nbtrace.capturing.twin import require_fields  # noqa: PLC0415

            require_fields(self.build)

    def refuse_without(self, what: str, *, traced: bool) -> None:
        """Refuse options that would do nothing, since `what` was given, unless the reference runs and is `traced`.

        Raises
        ------
        UsageError
        """
        for option, value in (("--probes", self.probes), ("--build", self.build)):
            if value is not None and not traced:
                raise UsageError(f"{option} is of a reference that is run and traced; leave it out with {what}")

    def checked(self) -> "TraceCaptureOptions":
        """Return the options after the user's probes have been read.

        Raises
        ------
        InputError, UsageError
            If their file cannot be read, or holds none.
        """
        if self.probes is not None:
            self._file()
        return self

    def capture_of(self, program: "Program", work: Path) -> "TraceCapture":
        """Return what captures the values of the reference; a twin goes to a folder in `work`."""
        from nbtrace.programs.trace_capture import TraceCapture  # noqa: PLC0415

        return TraceCapture(program, self._file, work / "reference", self.build)

    def _file(self) -> "ProbeFile":
        from nbtrace.cli.capture import probe_file  # noqa: PLC0415

        return probe_file(self.probes)


def shipped_probes() -> "ProbeFile":
    """Return the probes that come with the vocabulary in force.

    Raises
    ------
    UsageError
        If it comes with none.
    """
    from nbtrace.cli.capture import probe_file  # noqa: PLC0415

    return probe_file(None)
