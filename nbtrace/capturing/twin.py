"""A twin: the same program built anew by the user's own command, so that its values can be read."""

import shlex
from pathlib import Path

from nbtrace.errors import ProgramError, UsageError
from nbtrace.evidence.program import Surroundings, run_kept

FLAGS = "-O0 -g -no-pie"
"""What `{flags}` of a build command stands for: no optimisation, debug information, fixed addresses."""
PROGRAM_FIELD, FLAGS_FIELD = "{program}", "{flags}"
_LONGEST_BUILD = 3600.0


def require_fields(command: str) -> None:
    """Refuse a build command that does not say where the program and the flags go.

    Raises
    ------
    UsageError
        If it does not.
    """
    for wanted in (PROGRAM_FIELD, FLAGS_FIELD):
        if wanted not in command:
            raise UsageError(
                f"--build {command!r} has no {wanted}: write it as 'gcc {FLAGS_FIELD} -o {PROGRAM_FIELD} FILES', with "
                "the options of the program itself"
            )


def built_twin(command: str, name: str, folder: Path, into: Path) -> Path:
    """Build a twin and return its path.

    Parameters
    ----------
    command : str
        The user's; a shell runs it in `folder`, with `{program}` and `{flags}` replaced.
    name : str
        What the twin is called: as the program is.
    folder : Path
    into : Path
        Where it goes.

    Raises
    ------
    ProgramError
        If the command fails, or leaves no program.
    UsageError
        If it does not say where the program goes.
    """
    require_fields(command)
    into.mkdir(parents=True, exist_ok=True)
    program = into / name
    line = command.replace(PROGRAM_FIELD, shlex.quote(str(program))).replace(FLAGS_FIELD, FLAGS)
    kept = into / "build.out", into / "build.err"
    run = run_kept(["/bin/sh", "-c", line], kept, surroundings=Surroundings(folder, {}, _LONGEST_BUILD))
    if run.failed:
        said = next((text for text in kept[1].read_text(errors="replace").splitlines() if "error" in text.lower()), "")
        raise ProgramError(f"--build failed ({run.text}){f': {said.strip()[:300]}' if said else ''}")
    if not program.is_file():
        raise ProgramError(f"--build left no {PROGRAM_FIELD}: the command must write the program there")
    return program
