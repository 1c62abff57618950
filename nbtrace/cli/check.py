"""`nbtrace check`."""

from collections.abc import Mapping
from pathlib import Path, PurePath
from typing import TYPE_CHECKING, Annotated

import typer

from nbtrace.cli.given_waivers import GivenWaivers, document_with, waived_code, waived_or_plain, waiver_files
from nbtrace.cli.groups import Outputs, grouped
from nbtrace.cli.options import VocabularyName
from nbtrace.cli.output import EXIT_OF, Delivery
from nbtrace.cli.sides import side_named
from nbtrace.cli.waiver_options import WaiverOptions
from nbtrace.compare.check import check
from nbtrace.compare.readable import readable_line
from nbtrace.compare.self_check import SelfCheck
from nbtrace.errors import ExitCode, InputError, UsageError
from nbtrace.longlogs.check_logs import check_by_columns
from nbtrace.longlogs.long_files import PAYING
from nbtrace.parsers import read_trace
from nbtrace.parsers.dialect import dialect_of
from nbtrace.parsers.format_check import FormatCheck, check_format
from nbtrace.parsers.given_logs import of_side
from nbtrace.parsers.source import read_lines
from nbtrace.records import Side, Trace
from nbtrace.report.views.check_view import check_verdict, check_view
from nbtrace.report.views.format_view import format_text, format_view
from nbtrace.vocabulary.chosen import chosen
from nbtrace.vocabulary.vocabulary import Vocabulary

if TYPE_CHECKING:
    from nbtrace.verdicts.waivers import WaiverReport

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
    format_alone: Annotated[
        bool,
        typer.Option("--format", help="Hold its lines against the trace format instead, and say what each should be."),
    ] = False,
    waived: WaiverOptions,
    vocabulary: VocabularyName = None,
    outputs: Outputs,
) -> None:
    """Hold one log against itself: say which relations among its own values it breaks.

    A log that breaks one is foreign, stale, edited by hand, or logged at another point of the chain than its keys say.
    """
    words = chosen(vocabulary, Path())
    if format_alone:
        if side is not None:
            raise UsageError("--side has no part in --format, which holds every line against the format")
        if waived.waivers is not None or waived.case is not None:
            raise UsageError("--waivers and --case are of values; leave them out with --format")
        delivery = Delivery("format", (log, *words.inputs), outputs.destinations())
        raise typer.Exit(_check_format(log, words.vocabulary, delivery))
    wanted = None if side is None else side_named(side, words.vocabulary, ctx)
    waivers = waived.given(words.vocabulary)
    delivery = Delivery("check", (log, *words.inputs, *waiver_files(waivers)), outputs.destinations())
    result = check_by_columns(log, words.vocabulary, PAYING) or check(_trace(log, wanted, words.vocabulary))
    of_side(result.trace, wanted)
    if not result.checked and not result.remarks:
        raise InputError(
            f"nothing to check: {log} logs none of the values that the relations need{_unread(result.trace, log)}"
        )
    report = None if waivers is None else _held(waivers, waived.case or PurePath(log).name, result)
    shown, view = (waived_or_plain(check_view(result, whole=whole), report) for whole in (False, True))
    code = waived_code(EXIT_OF[check_verdict(result)], report)
    raise typer.Exit(delivery.deliver(view, lambda: _document(result, report), shown=shown, code=code))


def _unread(trace: Trace, log: str) -> str:
    """Return which lines could not be read, whose values may be those that are needed."""
    bad = trace.account.unreadable
    if not bad:
        return ""
    lines = "1 unreadable line" if len(bad) == 1 else f"{len(bad)} unreadable lines, the first"
    return f"; {lines} {log}:{bad[0].line}: {bad[0].reason}"


def _held(waivers: GivenWaivers, case: str, result: SelfCheck) -> "WaiverReport":
    from nbtrace.cli.part_waivers import log_waivers  # noqa: PLC0415 - the catalogue of causes
    from nbtrace.explanation.judged_parts import judged_check  # noqa: PLC0415

    return log_waivers(waivers, judged_check(case, result))


def _trace(log: str, side: Side | None, vocabulary: Vocabulary) -> Trace:
    trace = read_trace(log, side, vocabulary=vocabulary)
    if not trace.records:
        raise InputError(f"{log} holds no trace values ({trace.account.total} lines); {readable_line(vocabulary, log)}")
    return trace


def _check_format(log: str, vocabulary: Vocabulary, delivery: Delivery) -> ExitCode:
    result = check_format(read_lines(log), log, dialect_of(vocabulary))
    return delivery.deliver(format_view(result), lambda: _format_document(result), printed=format_text(result))


def _format_document(result: FormatCheck) -> Mapping[str, object]:
    from nbtrace.report.documents.format_document import format_document  # noqa: PLC0415 - the models of documents

    return format_document(result)


def _document(result: SelfCheck, report: "WaiverReport | None") -> Mapping[str, object]:
    from nbtrace.report.documents.trace_documents import check_document  # noqa: PLC0415 - the models of documents

    return document_with(check_document(result), report)
