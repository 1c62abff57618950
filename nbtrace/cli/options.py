"""Options that several commands share."""

import sys
from pathlib import Path
from typing import Annotated, Any, TypeAlias

import typer

from nbtrace import __version__
from nbtrace.cli import completed_values
from nbtrace.cli.panels import OUTPUT, PIXELS, SIMULATOR, TOLERANCE

CLog: TypeAlias = Annotated[str, typer.Argument(metavar="C_LOG", help="Trace of the reference; - is standard input.")]
PyLog: TypeAlias = Annotated[str, typer.Argument(metavar="PY_LOG", help="Trace of the port; - is standard input.")]
Tolerances: TypeAlias = Annotated[
    list[str] | None,
    typer.Option(
        "--tolerance",
        "-t",
        metavar="TOL",
        help="Relative tolerance of all quantities (1e-5), or of one: NAME=1e-4, NAME=abs:1e-3. Repeatable.",
        rich_help_panel=TOLERANCE,
        autocompletion=completed_values.tolerances,
    ),
]
PolicyFile: TypeAlias = Annotated[
    Path | None,
    typer.Option(
        "--policy",
        metavar="TOML",
        help="Tolerances from a TOML file: tolerance.relative = 1e-6, tolerance.quantities.F_cell.relative = 1e-3, …",
        readable=False,
        rich_help_panel=TOLERANCE,
    ),
]
NoiseFile: TypeAlias = Annotated[
    Path | None,
    typer.Option(
        "--noise",
        metavar="JSON",
        help="What nbtrace trust wrote: no tolerance is finer than C's own scatter between runs.",
        rich_help_panel=TOLERANCE,
    ),
]
VocabularyName: TypeAlias = Annotated[
    str | None,
    typer.Option(
        "--vocabulary",
        metavar="NAME|TOML",
        help="What the lines of the logs mean: a vocabulary or its file; nanoBragg's if pyproject.toml names none.",
        autocompletion=completed_values.vocabularies,
    ),
]
ConfigurationName: TypeAlias = Annotated[
    str | None,
    typer.Option(
        "--config",
        metavar="NAME|TOML",
        help="Configuration of the experiment, in place of flags after --.",
        autocompletion=completed_values.configurations,
    ),
]
SimulatorMode: TypeAlias = Annotated[
    str | None,
    typer.Option(
        "--mode",
        metavar="c-parity|spec",
        help="Of the embedded simulator: c-parity (the reference as it is) or spec (what is meant), "
        "also with changes: c-parity,-DEFECT or spec,+DEFECT.",
        rich_help_panel=SIMULATOR,
        autocompletion=completed_values.modes,
    ),
]
TracedPixel: TypeAlias = Annotated[
    tuple[int, int] | None,
    typer.Option(
        "--pixel",
        metavar="SLOW FAST",
        help="The pixel to trace, slow first; by default the config's.",
        rich_help_panel=PIXELS,
    ),
]
Lenient: TypeAlias = Annotated[
    bool,
    typer.Option("--lenient", help="Take the flags after -- as the reference does: what it ignores is a warning."),
]
MarkdownFile: TypeAlias = Annotated[
    Path | None,
    typer.Option(
        "--md", metavar="FILE", help="Write the report as Markdown; - prints it instead.", rich_help_panel=OUTPUT
    ),
]
JsonFile: TypeAlias = Annotated[
    Path | None,
    typer.Option(
        "--json", metavar="FILE", help="Write the result as JSON; - prints it instead.", rich_help_panel=OUTPUT
    ),
]
TextFile: TypeAlias = Annotated[
    Path | None,
    typer.Option(
        "--output", "-o", metavar="FILE", help="Write what is printed to a file as well.", rich_help_panel=OUTPUT
    ),
]
PlotFile: TypeAlias = Annotated[
    Path | None,
    typer.Option("--plot", metavar="FILE", help="Draw the result to a .png or .svg file.", rich_help_panel=OUTPUT),
]
BundleFolder: TypeAlias = Annotated[
    Path | None,
    typer.Option(
        "--bundle", metavar="DIR", help="File result, report and provenance in this bundle.", rich_help_panel=OUTPUT
    ),
]
CopyInputs: TypeAlias = Annotated[
    bool,
    typer.Option(
        "--copy-inputs",
        help="Copy the inputs into the bundle as well, each up to 10 MB; of larger ones the digest is kept.",
        rich_help_panel=OUTPUT,
    ),
]
Force: TypeAlias = Annotated[
    bool, typer.Option("--force", help="Replace output files that exist.", rich_help_panel=OUTPUT)
]
AllShown: TypeAlias = Annotated[
    bool,
    typer.Option("--all", help="Print everything; files that are written always hold it.", rich_help_panel=OUTPUT),
]
Cells: TypeAlias = Annotated[
    tuple[int, int, int] | None,
    typer.Option("--cells", metavar="NA NB NC", help="Numbers of cells, where neither log tells them."),
]


def version_option(program: str) -> Any:
    """Return the option `--version` of a program."""

    def tell(wanted: bool) -> None:  # noqa: FBT001 - typer calls it so
        if wanted:
            sys.stdout.write(f"{program} {__version__}\n")
            raise typer.Exit

    return typer.Option("--version", help="Print the version.", callback=tell, is_eager=True, expose_value=False)
