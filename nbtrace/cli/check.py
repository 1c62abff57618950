"""`nbtrace check`."""

from collections.abc import Mapping
from pathlib import Path
from typing import Annotated

import typer

from nbtrace.cli.groups import Outputs, grouped
from nbtrace.cli.options import VocabularyName
from nbtrace.cli.output import Delivery
from nbtrace.cli.sides import side_named
from nbtrace.compare.check import check
from nbtrace.compare.readable import readable_line
from nbtrace.compare.self_check import SelfCheck
from nbtrace.errors import InputError
from nbtrace.parsers import read_trace
from nbtrace.records import Side
from nbtrace.report.views.check_view import check_view
from nbtrace.vocabulary.chosen import chosen

EXAMPLE = "Example: nbtrace check c.log"


@grouped
def check_command(
    ctx: typer.Context,
    log: Annotated[str, typer.Argument(metavar="LOG", help="A trace log; - is standard input.")],
    *,
    side: Annotated[
        str | None,
        typer.Option("--side", metavar="c|py", help="Of a file that holds both traces, which; also by its name."),
    ] = None,
    vocabulary: VocabularyName = None,
    outputs: Outputs,
) -> None:
    """Hold one log against itself: say which relations among its own values it breaks.

    A log that breaks one is foreign, stale, edited by hand, or logged at another point of the chain than its keys say.
    """
    words = chosen(vocabulary, Path())
    wanted = None if side is None else side_named(side, words.vocabulary, ctx)
    delivery = Delivery("check", (log, *words.inputs), outputs.destinations())
    trace = read_trace(log, wanted, vocabulary=words.vocabulary)
    if not trace.records:
        raise InputError(
            f"{log} holds no trace values ({trace.account.total} lines); {readable_line(words.vocabulary)}"
        )
    if wanted is not None and trace.side not in {wanted, Side.UNKNOWN}:
        names = words.vocabulary.names
        raise InputError(f"{log} is a log of {names.of(trace.side)}; it holds nothing of {names.of(wanted)}")
    result = check(trace)
    if not result.checked and not result.remarks:
        raise InputError(f"nothing to check: {log} logs none of the values that the relations need")
    raise typer.Exit(delivery.deliver(check_view(result), lambda: _document(result)))


def _document(result: SelfCheck) -> Mapping[str, object]:
    from nbtrace.report.documents.trace_documents import check_document  # noqa: PLC0415 - the models of documents

    return check_document(result)
