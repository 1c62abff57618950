"""`nbtrace vocabulary`: what quantities are called, and what is known of them."""

import sys
from pathlib import Path
from typing import Annotated

import typer

from nbtrace.cli import completed_values
from nbtrace.cli.command import HelpfulCommand, HelpfulGroup
from nbtrace.cli.destinations import STDOUT, Destinations
from nbtrace.cli.options import Force, JsonFile, TextFile
from nbtrace.cli.printing import shown
from nbtrace.documents import dump
from nbtrace.errors import UsageError
from nbtrace.files import write_new
from nbtrace.parsers.source import read_text

app = typer.Typer(
    cls=HelpfulGroup, help="Show, check or draft a vocabulary: names, units and formulas.", no_args_is_help=True
)


@app.command(cls=HelpfulCommand, epilog="Example: nbtrace vocabulary show rod.toml")
def show(
    vocabulary: Annotated[
        str,
        typer.Argument(
            metavar="NAME|TOML",
            help="A vocabulary by its name, or the file of one.",
            autocompletion=completed_values.vocabularies,
        ),
    ] = "nanobragg",
    *,
    json: JsonFile = None,
    output: TextFile = None,
    force: Force = False,
) -> None:
    """List the quantities of a vocabulary in execution order: unit, shape, other keys in logs, formula.

    Without a name it is that of nanoBragg.
    """
    from nbtrace.report.views.vocabulary_view import vocabulary_document, vocabulary_text  # noqa: PLC0415
    from nbtrace.vocabulary.registry import load  # noqa: PLC0415

    to = Destinations(json=json, text=output, force=force)
    to.check((vocabulary,))
    words = load(vocabulary)
    if to.json is not None:
        _write(to.json, dump(vocabulary_document(words)), force=force)
    if to.text not in {None, STDOUT}:
        _write(to.text, vocabulary_text(words), force=force)
    if to.prints_report:
        sys.stdout.write(vocabulary_text(words))


@app.command(cls=HelpfulCommand, epilog="Example: nbtrace vocabulary check rod.toml")
def check(
    file: Annotated[Path, typer.Argument(metavar="TOML", help="The file of a vocabulary.", readable=False)],
) -> None:
    """Check the file of a vocabulary: names, units, formulas and their dimensions, order, chain.

    The first fault is told with its line, and the exit status is 2.
    """
    from nbtrace.report.views.vocabulary_view import summary  # noqa: PLC0415
    from nbtrace.vocabulary.file import read_vocabulary  # noqa: PLC0415 - the reader of formulas

    sys.stdout.write(f"{shown(file)}: {summary(read_vocabulary(file))}\n")


@app.command(cls=HelpfulCommand, epilog="Example: nbtrace vocabulary init ref.log port.log -o rod.toml")
def init(
    first: Annotated[str, typer.Argument(metavar="LOG_A", help="A log of the reference; - is standard input.")],
    second: Annotated[str, typer.Argument(metavar="LOG_B", help="A log of the other program.")],
    *,
    output: Annotated[
        Path | None, typer.Option("--output", "-o", metavar="FILE", help="Write the draft to a file; - prints it.")
    ] = None,
    force: Force = False,
) -> None:
    """Draft a vocabulary from a log of either program, to be looked through.

    It has the names, shapes and order of the quantities, units guessed from names, and the products and sums that
    hold in all rows of both logs to the printed digits. Nothing of it is sure.
    """
    from nbtrace.parsers.worded_numbers import worded_numbers  # noqa: PLC0415
    from nbtrace.vocabulary.draft import draft  # noqa: PLC0415 - the reader of formulas

    if first == second == "-":
        raise UsageError("standard input (-) can be read once: give the other log as a file")
    Destinations(text=output, force=force).check((first, second))
    written = draft(read_text(first)[0], read_text(second)[0], (first, second), worded_numbers)
    _write(STDOUT if output is None else output, written, force=force)


def _write(path: Path | None, content: str, *, force: bool) -> None:
    if path is None or path == STDOUT:
        sys.stdout.write(content)
    else:
        write_new(path, content, force=force)
