"""`nbtrace report`."""

import gc
import sys
import webbrowser
from enum import Enum
from pathlib import Path
from typing import Annotated

import typer

from nbtrace.cli.destinations import STDOUT, Destinations
from nbtrace.cli.options import Force
from nbtrace.cli.panels import OUTPUT
from nbtrace.errors import ExitCode, UsageError
from nbtrace.evidence.bundle import Bundle
from nbtrace.evidence.contents import Contents, read_contents
from nbtrace.evidence.provenance import Provenance
from nbtrace.files import write_new
from nbtrace.report.missing_packages import needs_package
from nbtrace.report.view import clean

EXAMPLE = "Example: nbtrace report evidence/ --open"
PAGE_NAME = "report.html"


class Format(Enum):
    """The form of a report: the page, or what CI systems read."""

    HTML = "html"
    JUNIT = "junit"
    SARIF = "sarif"
    GITHUB = "github"


def report_command(
    bundle: Annotated[Path, typer.Argument(metavar="BUNDLE", help="The evidence folder.", readable=False)],
    *,
    out: Annotated[
        Path | None,
        typer.Option(
            "--output",
            "-o",
            metavar="FILE",
            help="Write here instead of filing the page; - prints it.",
            rich_help_panel=OUTPUT,
        ),
    ] = None,
    open_page: Annotated[
        bool, typer.Option("--open", help="Open the page in the browser.", rich_help_panel=OUTPUT)
    ] = False,
    form: Annotated[Format, typer.Option("--format", help="The page, or what CI systems read, printed.")] = Format.HTML,
    all_pixels: Annotated[
        bool, typer.Option("--all-pixels", help="Embed images of any size whole, not as an overview with details.")
    ] = False,
    force: Force = False,
) -> None:
    """Write all results of a bundle as one HTML page that needs nothing but itself.

    The page is filed in the bundle as report.html (report_rerun1.html, … if there is one); verify stays content.

    For CI the results are printed: junit is JUnit XML with a test case per quantity, sarif is SARIF 2.1.0, github is
    annotations at the lines of the logs.

    Exit status: 0 the page was written, whatever the results say; 1 it was, but the bundle is not intact, which the
    page says on top.
    """
    if form is not Format.HTML:
        if open_page:
            raise UsageError(f"--open shows the page; leave it out with --format {form.value}")
        if all_pixels:
            raise UsageError(f"--all-pixels is of the page; leave it out with --format {form.value}")
        out = out or STDOUT
    if open_page and out == STDOUT:
        raise UsageError("--open needs a file; leave out --output -")
    Destinations(text=out, force=force).check([])
    evidence = Bundle.open(bundle)
    contents = read_contents(evidence)
    gc.freeze()  # documents of megabytes stay; looking through them again and again takes as long as reading them
    text = _rendered(form, contents, all_pixels=all_pixels)
    path = _deliver(text, evidence, out, force=force)
    if path is not None:
        sys.stderr.write(f"written to {clean(str(path))}\n")
    if not contents.intact:
        sys.stderr.write(f"{clean(str(bundle))} is not intact; the report says how\n")
    if open_page and path is not None and not webbrowser.open(path.resolve().as_uri()):
        sys.stderr.write("no browser could be started; open the file in one\n")
    raise typer.Exit(ExitCode.AGREE if contents.intact else ExitCode.DIFFER)


def _rendered(form: Format, contents: Contents, *, all_pixels: bool) -> str:
    match form:
        case Format.HTML:
            return _page(contents, all_pixels=all_pixels)
        case Format.JUNIT | Format.SARIF | Format.GITHUB:
            from nbtrace.report.ci import render_ci  # noqa: PLC0415 - a form that most reports are not in

            return render_ci(contents, form.value)


def _page(contents: Contents, *, all_pixels: bool) -> str:
    try:
        from nbtrace.report.page.page import render_page  # noqa: PLC0415 - templates and plots
    except ModuleNotFoundError as error:
        raise needs_package("the page", error.name) from None
    return render_page(contents, all_pixels=all_pixels)


def _deliver(text: str, bundle: Bundle, out: Path | None, *, force: bool) -> Path | None:
    """Write a report and return where; None for standard output."""
    if out == STDOUT:
        sys.stdout.write(text)
        return None
    if out is not None:
        return write_new(out, text, force=force)
    return bundle.add_file(PAGE_NAME, text, provenance=Provenance.collect())
