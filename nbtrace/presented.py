"""Results as reports: the view and the document of each, and the renderers that a library user calls."""

import os
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, TypeAlias

from nbtrace.documents import dump
from nbtrace.errors import UsageError
from nbtrace.evidence.provenance import FileRecord, Provenance
from nbtrace.files import write_new
from nbtrace.plain_text import clean, shortened
from nbtrace.presentable import Presentable, ReportFormat
from nbtrace.report import markdown, terminal
from nbtrace.report.missing_packages import needs_package
from nbtrace.report.provenance_lines import provenance_lines
from nbtrace.report.view import View
from nbtrace.vocabulary.registry import loaded

Document: TypeAlias = Mapping[str, object]

_NARROWEST = 20
_VIEWS = "nbtrace.report.views"
_DOCUMENTS = "nbtrace.report.documents"


@dataclass(frozen=True)
class _Form:
    """Where the view and the document of a result are made, and with what else than the result."""

    view: str
    document: str
    options: Mapping[str, Any] = field(default_factory=dict)


def _form(name: str, documents: str | None = None, **options: object) -> _Form:
    return _Form(
        f"{_VIEWS}.{name}_view:{name}_view",
        f"{_DOCUMENTS}.{documents or f'{name}_document'}:{name}_document",
        options,
    )


_FORMS: Mapping[str, _Form] = {
    "diff": _form("diff", "trace_documents"),
    "diff_several": _form("several_logs"),
    "phi": _form("phi", "trace_documents"),
    "steps": _form("steps"),
    "scaling": _form("scaling", "trace_documents"),
    "check": _form("check", "trace_documents"),
    "explain": _form("explain"),
    "images": _form("images"),
    "arrays": _form("arrays"),
    "reflections": _form("reflections"),
    "detector": _form("detector"),
    "sweep": _form("sweep"),
    "compare": _form("compare", pictures=False),
    "compare_candidates": _form("compare_candidates", pictures=False),
    "suite": _form("suite"),
    "trust": _form("trust"),
    "gradients": _form("gradients"),
    "capture": _form("capture"),
    "reduce": _form("reduce"),
    "trend": _form("trend"),
    "bisect": _form("bisect"),
}


def view_of(result: Presentable) -> View:
    """Return what the report of a result says.

    Raises
    ------
    UsageError
        If it is no result.
    """
    view: View = loaded(_form_of(result).view)(result)
    return view


def document_of(result: Presentable) -> Document:
    """Return the JSON document of a result, with its answer.

    Raises
    ------
    UsageError
        If it is no result.
    """
    form = _form_of(result)
    document: Document = loaded(form.document)(result, **form.options)
    return {**document, "answer": view_of(result).headline}


def _form_of(result: Presentable) -> _Form:
    if not isinstance(result, Presentable):
        raise UsageError(f"a {type(result).__name__} is no result of a comparison, and has no report")
    return _FORMS[result.presented_as]


def render_text(result: Presentable, width: int = 100) -> str:
    """Return the report of a result as a terminal of `width` columns shows it, without colours.

    Raises
    ------
    UsageError
        If it is no result, or the width is none.
    """
    if width < _NARROWEST:
        raise UsageError(f"a report of {width} columns: give at least {_NARROWEST}")
    return terminal.render(view_of(result), width)


def render_markdown(result: Presentable) -> str:
    """Return the report of a result as Markdown; nothing that a log printed becomes markup.

    Raises
    ------
    UsageError
        If it is no result.
    """
    return markdown.render(view_of(result))


def render_html(result: Presentable) -> str:
    """Return the report of a result as an HTML page that loads nothing.

    Raises
    ------
    UsageError
        If it is no result, or a package that makes pages is not installed.
    """
    view, document = view_of(result), document_of(result)
    try:
        from nbtrace.report.page.result_page import result_page  # noqa: PLC0415 - jinja2 and markdown-it
    except ModuleNotFoundError as error:
        raise needs_package("a page", error.name) from None
    return result_page(result.presented_as, view, document)


def render_json(result: Presentable) -> str:
    """Return the JSON document of a result; `nbtrace schema` says what its keys mean.

    Raises
    ------
    UsageError
        If it is no result.
    """
    return dump(document_of(result))


def render_notebook(result: Presentable) -> str | None:
    """Return what a notebook shows of a result, None where a package that makes pages is not installed."""
    try:
        from nbtrace.report.page.result_page import notebook_part  # noqa: PLC0415 - jinja2 and markdown-it
    except ModuleNotFoundError:
        return None
    return notebook_part(result.presented_as, view_of(result), document_of(result))


def render(result: Presentable, form: ReportFormat, *, width: int) -> str:
    """Return the report of a result in one of its forms.

    Raises
    ------
    UsageError
        If there is no such form.
    """
    renderers: Mapping[str, Callable[[Presentable], str]] = {
        "text": lambda item: render_text(item, width),
        "markdown": render_markdown,
        "html": render_html,
        "json": render_json,
    }
    if form not in renderers:
        raise UsageError(f"a report as {clean(str(form))!r}: there are {', '.join(renderers)}")
    return renderers[form](result)


def in_short(result: Presentable) -> str:
    """Return a result in two lines: its verdict with the answer, and what was counted."""
    view = view_of(result)
    first = f"{type(result).__name__}: {view.verdict_word}  {view.headline}"
    return "\n  ".join(shortened(line) for line in (first, *result.counted()))


def save(result: Presentable, path: Path, *, force: bool) -> Path:
    """Write the report of a result in the form that the ending of `path` names.

    Raises
    ------
    UsageError
        If the ending is another, or the file exists (and not `force`) or cannot be written.
    InputError
        If a file that was compared cannot be read any more.
    """
    writers: Mapping[str, Callable[[], str]] = {
        ".json": lambda: dump({**document_of(result), "provenance": _provenance(result).document()}),
        ".md": lambda: markdown.render(view_of(result), provenance=provenance_lines(_provenance(result))),
        ".html": lambda: render_html(result),
        ".txt": lambda: render_text(result),
    }
    writer = writers.get(path.suffix.lower())
    if writer is None:
        raise UsageError(f"{path}: a result is saved to a file that ends in {', '.join(writers)}")
    if not force and os.path.lexists(path):
        raise UsageError(f"{path} exists; give force=True to replace it, or another name")
    if any(_same(path, source) for source in _files(result)):
        raise UsageError(f"{path} is one of the files that were compared; give another name")
    return write_new(path, writer(), force=force)


def _provenance(result: Presentable) -> Provenance:
    return Provenance.collect(inputs=[FileRecord.of(path) for path in _files(result)])


def _files(result: Presentable) -> Iterator[Path]:
    """Yield the files that a result was made from, as far as they are there."""
    seen: set[str] = set()
    for holder in (result, getattr(result, "diff", None), getattr(result, "images", None)):
        for name in ("c", "py", "trace", "reference"):
            source = getattr(getattr(holder, name, None), "source", None)
            if isinstance(source, str) and source not in seen and os.path.isfile(source):  # noqa: PTH113 - it may be no name at all
                seen.add(source)
                yield Path(source)


def _same(path: Path, other: Path) -> bool:
    try:
        return path.samefile(other)
    except OSError:
        return False
