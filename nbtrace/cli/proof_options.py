"""Options of `nbtrace explain` that hold its first root against the reference itself, and what they ask for."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from nbtrace.cli.panels import PIXELS, PROGRAMS
from nbtrace.cli.running_options import Timeout, time_limit
from nbtrace.errors import UsageError

if TYPE_CHECKING:
    from nbtrace.capturing.probe import ProbeFile
    from nbtrace.explanation.explain import Explanation
    from nbtrace.vocabulary.vocabulary import Vocabulary

LARGEST_OUTPUT = 64_000_000
"""Bytes of what the program wrote, plain and changed together, up to which a bundle gets it."""


@dataclass(frozen=True)
class ProofOptions:
    """What holds a cause against the reference itself."""

    prove: Annotated[
        str | None,
        typer.Option(
            "--prove",
            metavar="PROGRAM",
            help="The reference, run with -- FLAGS: change the first root's value in it, and say what it gives then.",
            rich_help_panel=PROGRAMS,
        ),
    ] = None
    probes: Annotated[
        Path | None,
        typer.Option(
            "--probes",
            metavar="TOML",
            help="With --prove: where the reference has its values (nbtrace capture); by default nanoBragg's.",
            readable=False,
            rich_help_panel=PROGRAMS,
        ),
    ] = None
    build: Annotated[
        str | None,
        typer.Option(
            "--build",
            metavar="COMMAND",
            help="With --prove: builds a twin of the reference, with {program} and {flags} (nbtrace capture).",
            rich_help_panel=PROGRAMS,
        ),
    ] = None
    pixel: Annotated[
        tuple[int, int] | None,
        typer.Option(
            "--pixel",
            metavar="SLOW FAST",
            help="With --prove: the pixel that the logs are of; by default what they say.",
            rich_help_panel=PIXELS,
        ),
    ] = None
    at: Annotated[
        list[str] | None,
        typer.Option(
            "--at",
            metavar="LOOP=N",
            help="With --prove: the turn of another loop that the probe file selects by. Repeatable.",
            rich_help_panel=PIXELS,
        ),
    ] = None
    timeout: Timeout = 600.0

    def __post_init__(self) -> None:
        time_limit(self.timeout)
        if self.prove is not None:
            return
        for option, value in (("probes", self.probes), ("build", self.build), ("pixel", self.pixel), ("at", self.at)):
            if value:
                raise UsageError(f"--{option} is of --prove PROGRAM, which runs the reference")

    def program(self) -> Path | None:
        """Return the program; None where nothing is to be proven.

        Raises
        ------
        ProgramError
            If there is none.
        """
        if self.prove is None:
            return None
        from nbtrace.capturing.program_file import found_program  # noqa: PLC0415

        return found_program(self.prove, Path.cwd())

    def file(self, words: "Vocabulary") -> "ProbeFile":
        """Return the probes.

        Raises
        ------
        InputError
            If their file cannot be read.
        UsageError
            If it holds none, or the vocabulary comes with none.
        """
        from nbtrace.cli.capture import probe_file  # noqa: PLC0415

        return probe_file(self.probes, words)


def proved_by(
    options: ProofOptions,
    program: Path,
    file: "ProbeFile",
    flags: Sequence[str],
    result: "Explanation",
    outputs: Path | None,
) -> "Explanation":
    """Return an explanation with what the reference itself says of its first root.

    Parameters
    ----------
    options : ProofOptions
    program : Path
    file : ProbeFile
    flags : sequence of str
        Arguments of the program.
    result : Explanation
    outputs : Path or None
        A folder that does not exist, for what the program wrote.

    Raises
    ------
    UsageError
        If --pixel or --at do not fit the probe file.
    """
    from nbtrace.capturing.capture_request import CaptureRequest  # noqa: PLC0415
    from nbtrace.cli.capture import selected_turn  # noqa: PLC0415
    from nbtrace.explanation.proof import NotTried, not_tried  # noqa: PLC0415
    from nbtrace.explanation.proven import proven  # noqa: PLC0415
    from nbtrace.proving.prove import proved, traced_pixel  # noqa: PLC0415

    pixel = options.pixel
    if pixel is None and file.selection.pixel is not None:
        pixel = traced_pixel(result)
        if pixel is None and not options.at:
            text = "neither log says which pixel it is of: give --pixel SLOW FAST"
            return proven(result, {}, not_tried(NotTried.NO_PIXEL, text))
    at = selected_turn(file, pixel, options.at or [])
    request = CaptureRequest(
        program, tuple(flags), file, at, options.build, time_limit(options.timeout), None, Path.cwd()
    )
    return proved(result, request, outputs)


def proof_files(result: "Explanation", outputs: Path | None) -> Mapping[str, bytes]:
    """Return what a bundle gets of a proof: what both runs wrote, as far as there is room, by names of their own."""
    from nbtrace.proving.prove import INJECTED, PLAIN  # noqa: PLC0415

    if outputs is None or result.proof is None or not result.proof.tried:
        return {}
    found = [
        (_name(run, path.relative_to(outputs / run).as_posix()), path)
        for run in (PLAIN, INJECTED)
        for path in sorted((outputs / run).rglob("*"))
        if path.is_file()
    ]
    files, left = {}, LARGEST_OUTPUT
    image = result.proof.image.file if result.proof.image is not None else ""
    for name, path in sorted(found, key=lambda item: not item[1].as_posix().endswith(f"/{image}")):
        size = path.stat().st_size
        if size <= left:
            files[name] = path.read_bytes()
            left -= size
    return files


def _name(run: str, name: str) -> str:
    """Return what a file is called in a bundle; one that is called `.json` there is no document of it."""
    return f"proof_{run}_{name.replace('/', '_')}" + ".copy" * name.lower().endswith(".json")
