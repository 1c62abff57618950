"""`nbtrace trend`."""

from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from nbtrace.cli.destinations import STDOUT
from nbtrace.cli.given_waivers import waived_code, waivers_of
from nbtrace.cli.groups import Outputs, grouped
from nbtrace.cli.output import EXIT_OF, Delivery
from nbtrace.cli.panels import OUTPUT, TOLERANCE
from nbtrace.errors import InputError, UsageError
from nbtrace.files import write_new
from nbtrace.report.missing_packages import needs_package
from nbtrace.vocabulary.chosen import chosen

if TYPE_CHECKING:
    from nbtrace.history.trend import TrendResult

EXAMPLE = "Example: nbtrace trend history.jsonl --page trend.html"


@grouped
def trend_command(
    history: Annotated[
        Path, typer.Argument(metavar="[FILE]", help="The history; by default history.jsonl.", readable=False)
    ] = Path("history.jsonl"),
    *,
    since: Annotated[
        str | None,
        typer.Option("--since", metavar="TIME", help="Leave earlier runs out: a date, or a time in UTC."),
    ] = None,
    waivers: Annotated[
        Path | None,
        typer.Option(
            "--waivers",
            metavar="TOML",
            help="Divergences that are known and accepted; by default waivers.toml of the current folder.",
            readable=False,
            rich_help_panel=TOLERANCE,
        ),
    ] = None,
    page: Annotated[
        Path | None,
        typer.Option(
            "--page", metavar="FILE", help="Write a page with a small plot of each quantity.", rich_help_panel=OUTPUT
        ),
    ] = None,
    outputs: Outputs,
) -> None:
    """Say which quantities lost half a digit of agreement or more, and at which commit.

    It also says which tolerances could be ten times tighter (the last five runs keep a digit or more away from them),
    and what goes to and fro between agreement and divergence. It goes by digits alone, never by how long anything took.

    Exit status: 0 nothing was lost, 1 digits were lost and are not got back, a quantity is compared no more, or a
    waiver does not hold; 3 the history cannot be read.
    """
    # pydantic, which only histories and documents need.
    from nbtrace.history.history_file import read_history  # noqa: PLC0415
    from nbtrace.history.trend import trend  # noqa: PLC0415
    from nbtrace.report.documents.trend_document import trend_document  # noqa: PLC0415
    from nbtrace.report.views.trend_view import trend_view  # noqa: PLC0415

    if page == STDOUT:
        raise UsageError("--page needs a file; - is none")
    given = waivers_of(waivers, chosen(None, Path()).vocabulary)
    inputs = (str(history), *(() if given is None else (str(given.file),)))
    delivery = Delivery("trend", inputs, outputs.destinations(others=() if page is None else (page,)))
    lines = read_history(history)
    result = trend(
        lines,
        source=str(history),
        since=_moment(since),
        waivers=None if given is None else given.waivers,
        waivers_source="" if given is None else str(given.file),
    )
    if not result.series:
        raise InputError(f"{history} holds no line{'' if since is None else f' since {since}'}")
    if page is not None:
        write_new(page, _page(result), force=outputs.force)
    view = trend_view(result)
    code = waived_code(EXIT_OF[result.verdict], result.waivers)
    raise typer.Exit(delivery.deliver(view, lambda: trend_document(result), code=code))


def _moment(since: str | None) -> str:
    """Return a time as lines of a history have it, or the beginning of one."""
    if since is None:
        return ""
    from datetime import UTC, datetime  # noqa: PLC0415 - beside its only use

    from nbtrace.documents import utc_text  # noqa: PLC0415

    try:
        moment = datetime.fromisoformat(since)
    except ValueError:
        raise UsageError(f"--since {since!r}: give a date or a time, as in 2026-11-27 or 2026-11-27T12:00Z") from None
    return utc_text(moment if moment.tzinfo is not None else moment.replace(tzinfo=UTC))


def _page(result: "TrendResult") -> str:
    try:
        from nbtrace.report.page.trend_page import trend_page  # noqa: PLC0415 - templates
    except ModuleNotFoundError as error:
        raise needs_package("the page", error.name) from None
    return trend_page(result)
