"""`nbtrace init-logging`: the file that prints trace lines from a program, in its language."""

import sys
from pathlib import Path
from typing import Annotated

import typer

from nbtrace.cli.destinations import STDOUT
from nbtrace.cli.options import Force
from nbtrace.cli.printing import shown
from nbtrace.errors import UsageError
from nbtrace.files import write_new
from nbtrace.loggers import Language, logger_file

EXAMPLE = "Example: nbtrace init-logging c -o src/"

_USE = {
    Language.C: (
        ("in one source file", "#define NBTRACE_IMPLEMENTATION"),
        ("", '#include "{name}"'),
        ("in all others", '#include "{name}"'),
        ("in a loop", 'NBTRACE_AT("step", step);'),
        ("where a value is computed", 'NBTRACE("T_K", temperature, "K");'),
        ("behind the loop", 'NBTRACE_LEAVE("step");'),
        ("run the program", "NBTRACE_LOG=c.log ./program"),
        ("hold the log against the format", "nbtrace check --format c.log"),
    ),
    Language.FORTRAN: (
        ("compile it first", "gfortran -c {name}"),
        ("in a program unit", "use nbtrace"),
        ("in a loop", "call nbtrace_at('step', step)"),
        ("where a value is computed", "call nbtrace_log('T_K', temperature, 'K')"),
        ("behind the loop", "call nbtrace_leave('step')"),
        ("run the program", "NBTRACE_LOG=f.log ./program"),
        ("hold the log against the format", "nbtrace check --format f.log"),
    ),
    Language.PYTHON: (
        ("at the top", "from {stem} import log, log_index"),
        ("in a loop", "with log_index(step=step):"),
        ("where a value is computed", 'log("T_K", temperature, unit="K")'),
        ("run the program", "NBTRACE_LOG=py.log python program.py"),
        ("hold the log against the format", "nbtrace check --format py.log"),
    ),
}


def init_logging_command(
    language: Annotated[str, typer.Argument(metavar="c|fortran|python", help="The language of the program.")],
    *,
    output: Annotated[
        Path | None,
        typer.Option("--output", "-o", metavar="DIR|FILE", help="Where to write it; - prints it. By default here."),
    ] = None,
    force: Force = False,
) -> None:
    """Write the one file with which a program prints trace lines, and show the few lines that use it.

    It needs nothing but the language itself, and costs next to nothing where no log is asked for. In Python,
    nbtrace.log is the same where nbtrace is installed.
    """
    source = logger_file(_language(language))
    content = source.read_text(encoding="utf-8")
    if output == STDOUT:
        sys.stdout.write(content)
        return
    path = write_new(_target(output, source.name), content, force=force)
    use = [(what, line.format(name=path.name, stem=path.stem)) for what, line in _USE[_language(language)]]
    width = max(len(what) for what, _ in use) + 2
    sys.stdout.write(f"written to {shown(path)}\n")
    sys.stdout.write("".join(f"{what:{width}}{shown(line)}\n" for what, line in use))


def _language(word: str) -> Language:
    try:
        return Language(word.lower())
    except ValueError:
        from nbtrace.nearness import nearest  # noqa: PLC0415 - only for an error

        near = nearest(word, Language)
        others = f"; the nearest is {near}" if near is not None else ""
        raise UsageError(f"there is no logger for {word!r}: c (also C++), fortran, python{others}") from None


def _target(output: Path | None, name: str) -> Path:
    """Return the file to write: a folder, there or with a name that has no ending, takes the file's own name."""
    if output is None:
        return Path(name)
    return output / name if output.is_dir() or not output.suffix else output
