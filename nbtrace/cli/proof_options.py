"""Options of `nbtrace explain` that hold its first roots against the two programs, and what they ask for."""

import shlex
from collections.abc import Iterable, Iterator, Mapping, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from nbtrace.cli.panels import PIXELS, PROGRAMS
from nbtrace.cli.running_options import Timeout, time_limit
from nbtrace.errors import UsageError
from nbtrace.frozen import frozen
from nbtrace.nearness import nearest
from nbtrace.vocabulary.sides import Side

if TYPE_CHECKING:
    from nbtrace.capturing.probe import ProbeFile
    from nbtrace.explanation.explain import Explanation
    from nbtrace.vocabulary.vocabulary import Vocabulary

LARGEST_OUTPUT = 64_000_000
"""Bytes of what the program wrote, plain and changed together, up to which a bundle gets it."""


@frozen
class ProofOptions:
    """What holds a cause against the reference itself, and against the port."""

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
    prove_port: Annotated[
        str | None,
        typer.Option(
            "--prove-port",
            metavar="COMMAND",
            help="The port, with its arguments, as in 'python port.py -N 5': the same in it.",
            rich_help_panel=PROGRAMS,
        ),
    ] = None
    port_probes: Annotated[
        Path | None,
        typer.Option(
            "--port-probes",
            metavar="TOML",
            help="With --prove-port: where the port has its values (nbtrace capture).",
            readable=False,
            rich_help_panel=PROGRAMS,
        ),
    ] = None
    uncompiled: Annotated[
        bool,
        typer.Option(
            "--uncompiled",
            help="With --prove-port: run it without torch.compile, TorchScript, numba and jax.jit.",
            rich_help_panel=PROGRAMS,
        ),
    ] = False
    pixel: Annotated[
        tuple[int, int] | None,
        typer.Option(
            "--pixel",
            metavar="SLOW FAST",
            help="With --prove, --prove-port: the pixel that the logs are of; by default what they say.",
            rich_help_panel=PIXELS,
        ),
    ] = None
    at: Annotated[
        list[str] | None,
        typer.Option(
            "--at",
            metavar="LOOP=N",
            help="With --prove, --prove-port: the turn of another loop that a probe file selects by. Repeatable.",
            rich_help_panel=PIXELS,
        ),
    ] = None
    timeout: Timeout = 600.0

    def __post_init__(self) -> None:
        time_limit(self.timeout)
        port = "--prove-port 'COMMAND', which runs the port"
        if self.prove is None:
            self._refuse("--prove PROGRAM, which runs the reference", probes=self.probes, build=self.build)
        if self.prove_port is None:
            self._refuse(port, port_probes=self.port_probes, uncompiled=self.uncompiled)
        if self.prove is None and self.prove_port is None:
            self._refuse("--prove PROGRAM, which runs the reference", pixel=self.pixel, at=self.at)
        if self.prove_port is not None and self.port_probes is None:
            raise UsageError("--prove-port needs --port-probes TOML, which says where the port has its values")

    @staticmethod
    def _refuse(of: str, **given: object) -> None:
        for name, value in given.items():
            if value:
                raise UsageError(f"--{name.replace('_', '-')} is of {of}")

    def program(self) -> Path | None:
        """Return the reference; None where nothing is to be proven in it.

        Raises
        ------
        ProgramError
            If there is none.
        """
        if self.prove is None:
            return None
        from nbtrace.capturing.program_file import found_program  # noqa: PLC0415

        return found_program(self.prove, Path.cwd())

    def probe_files(self, words: "Vocabulary") -> Mapping[Side, "ProbeFile"]:
        """Return the probes of each program that is to be asked.

        Raises
        ------
        InputError
            If their file cannot be read.
        UsageError
            If it holds none, or the vocabulary comes with none.
        """
        from nbtrace.cli.capture import probe_file  # noqa: PLC0415

        files = {}
        if self.prove is not None:
            files[Side.C] = probe_file(self.probes, words)
        if self.prove_port is not None:
            files[Side.PY] = probe_file(self.port_probes, words)
        return files

    def runs(self, files: Mapping[Side, "ProbeFile"], flags: Sequence[str]) -> tuple["ProofRun", ...]:
        """Return the programs that are to be asked, the reference first.

        Raises
        ------
        ProgramError
            If one is not there.
        UsageError
            If the port's command is none, or --at names a loop that no probe file selects by.
        """
        self._require_loops(files.values())
        return tuple(self._runs(files, flags))

    def _runs(self, files: Mapping[Side, "ProbeFile"], flags: Sequence[str]) -> Iterator["ProofRun"]:
        from nbtrace.capturing.program_file import found_program  # noqa: PLC0415

        program = self.program()
        if program is not None:
            yield ProofRun(Side.C, program, tuple(flags), files[Side.C])
        if self.prove_port is not None:
            words = _words(self.prove_port)
            yield ProofRun(Side.PY, found_program(words[0], Path.cwd()), tuple(words[1:]), files[Side.PY])

    def _require_loops(self, files: Iterable["ProbeFile"]) -> None:
        known = [name for file in files for name in loops_of(file)]
        for text in self.at or []:
            name = text.partition("=")[0]
            if name not in known:
                near = nearest(name, known)
                there = f"did you mean {near}?" if near else f"the probes select by {', '.join(known) or 'none'}"
                raise UsageError(f"--at {text!r}: {name!r} is no selected loop; {there}")


@frozen
class ProofRun:
    """A program that is to be asked.

    Attributes
    ----------
    host : Side
    program : Path
    arguments : tuple of str
    file : ProbeFile
    """

    host: Side
    program: Path
    arguments: tuple[str, ...]
    file: "ProbeFile"


def _words(command: str) -> list[str]:
    try:
        words = shlex.split(command)
    except ValueError as error:
        raise UsageError(f"--prove-port {command!r} is no command: {error}") from None
    if not words:
        raise UsageError("--prove-port names no program, as in: --prove-port 'python port.py'")
    return words


def loops_of(file: "ProbeFile") -> tuple[str, ...]:
    """Return the loops that a probe file selects by."""
    return tuple(name.partition(":")[0] for name in file.selection.loops)


def proved_by(options: ProofOptions, run: ProofRun, result: "Explanation", outputs: Path | None) -> "Explanation":
    """Return an explanation with what a program itself says of its first roots.

    Parameters
    ----------
    options : ProofOptions
    run : ProofRun
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

    pixel, file = options.pixel, run.file
    if file.selection.pixel is None:
        pixel = None
    elif pixel is None:
        pixel = traced_pixel(result)
        if pixel is None and not options.at:
            text = "neither log says which pixel it is of: give --pixel SLOW FAST"
            return proven(result, {}, not_tried(NotTried.NO_PIXEL, text, host=run.host), None, run.host)
    own = [text for text in options.at or [] if text.partition("=")[0] in loops_of(file)]
    request = CaptureRequest(
        run.program,
        run.arguments,
        file,
        selected_turn(file, pixel, own),
        options.build if run.host is Side.C else None,
        time_limit(options.timeout),
        None,
        Path.cwd(),
        options.uncompiled and run.host is Side.PY,
    )
    return proved(result, request, outputs, run.host)


def proof_files(result: "Explanation", outputs: Path | None) -> Mapping[str, bytes]:
    """Return what a bundle gets of the proofs: what the runs wrote, as far as there is room, by names of their own.

    Parameters
    ----------
    result : Explanation
    outputs : Path or None
        A folder with one of each program that was asked, by its side.
    """
    if outputs is None or not outputs.is_dir():
        return {}
    from nbtrace.proving.prove import INJECTED, PLAIN  # noqa: PLC0415

    files: dict[str, bytes] = {}
    left = LARGEST_OUTPUT
    for host, prefix in _PREFIXES.items():
        proof = result.proof_in(host)
        if proof is None or not proof.tried:
            continue
        image = proof.image.file if proof.image is not None else ""
        for run, path in _written(outputs / host, (PLAIN, INJECTED), image):
            size = path.stat().st_size
            if size <= left:
                name = _name(run, path.relative_to(outputs / host / run).as_posix())
                files[f"{prefix}_{name}"] = path.read_bytes()
                left -= size
    return files


def _written(folder: Path, runs: Sequence[str], image: str) -> list[tuple[str, Path]]:
    """Return the files that runs wrote, the images first."""
    found = [(run, path) for run in runs for path in sorted((folder / run).rglob("*")) if path.is_file()]
    return sorted(found, key=lambda item: not item[1].as_posix().endswith(f"/{image}"))


_PREFIXES = {Side.C: "proof", Side.PY: "port_proof"}
"""What the names of files in a bundle begin with."""


def _name(run: str, name: str) -> str:
    """Return what a file is called in a bundle; one that is called `.json` there is no document of it."""
    return f"{run}_{name.replace('/', '_')}" + ".copy" * name.lower().endswith(".json")
