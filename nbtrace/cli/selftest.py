"""`nbtrace selftest`."""

from typing import Annotated

import typer

from nbtrace.cli.destinations import Destinations
from nbtrace.cli.options import Force, JsonFile, MarkdownFile, TextFile
from nbtrace.cli.output import Delivery
from nbtrace.errors import UsageError

EXAMPLE = "Example: nbtrace selftest --configuration cubic_default --json score.json"


def selftest_command(
    logs: Annotated[
        list[str] | None,
        typer.Argument(metavar="C_LOG", help="Traces of the reference; those that come with nbtrace if none."),
    ] = None,
    *,
    configuration: Annotated[
        list[str] | None,
        typer.Option("--configuration", "-c", metavar="NAME", help="Of those that come with nbtrace. Repeatable."),
    ] = None,
    mistakes: Annotated[
        str, typer.Option("--mistakes", metavar="WORD", help="Only mistakes with this word in their names.")
    ] = "",
    md: MarkdownFile = None,
    json: JsonFile = None,
    output: TextFile = None,
    force: Force = False,
) -> None:
    """Make known mistakes in real traces and score how well explain finds, places and names them.

    Every mistake is made on either side, once in every configuration where it changes a value; the same pairs go
    through numpy.allclose and a line-by-line diff. All configurations take some minutes.
    """
    # Explanations and the mistakes that test them, which no other command needs.
    from nbtrace.physics.nanobragg.selftest.defects import DEFECTS  # noqa: PLC0415
    from nbtrace.physics.nanobragg.selftest.scoring import run, sources  # noqa: PLC0415
    from nbtrace.physics.nanobragg.selftest.selftest_view import selftest_document, selftest_view  # noqa: PLC0415

    if logs and configuration:
        raise UsageError("give logs of your own or --configuration, not both")
    known = {name.partition("__")[0] for name in sources()}
    unknown = sorted(set(configuration or []) - known)
    if unknown:
        raise UsageError(f"no configuration {unknown[0]!r}; there are {', '.join(sorted(known))}")
    delivery = Delivery("selftest", tuple(logs or ()), Destinations(md, json, output, None, force, whole=True))
    chosen = [defect for defect in DEFECTS if mistakes in defect.name]
    if not chosen:
        raise UsageError(f"no mistake has {mistakes!r} in its name")
    result = run(logs or (), configurations=configuration or (), defects=chosen)
    raise typer.Exit(delivery.deliver(selftest_view(result), lambda: selftest_document(result)))
