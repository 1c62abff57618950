"""What every result can do by itself: say its answer in a line, print its report, save it, show itself in a notebook.

Results stand below the reports in the order of the layers, so that nothing is imported here that says how a report
looks: it is found by its place when a report is asked for.
"""

import os
from importlib import import_module
from pathlib import Path
from typing import Any, ClassVar, Literal, TypeAlias

ReportFormat: TypeAlias = Literal["text", "markdown", "html", "json"]

_PRESENTED = "nbtrace.presented"
"""The module that knows the view and the document of each result."""


class Presentable:
    """A result that shows itself; its report is the one that its command prints.

    Attributes
    ----------
    presented_as : str
        The command whose report it has: `diff`, `explain`, …
    """

    presented_as: ClassVar[str]

    def __init_subclass__(cls) -> None:
        super().__init_subclass__()
        if "__repr__" not in cls.__dict__:  # else a dataclass would print all that it holds
            cls.__repr__ = Presentable.__repr__  # type: ignore[method-assign]

    def report(self, format: ReportFormat = "text", *, width: int = 100) -> str:  # noqa: A002 - the word users know
        """Return the report.

        Parameters
        ----------
        format : str
            `text` as a terminal shows it, `markdown`, `html` (a page that loads nothing) or `json` (the document).
        width : int
            Columns of a text.

        Raises
        ------
        UsageError
            If there is no such format, or the package that makes a page is not installed.
        """
        text: str = _presented().render(self, format, width=width)
        return text

    def save(self, path: str | os.PathLike[str], *, force: bool = False) -> Path:
        """Write the report to a file and return its name.

        Parameters
        ----------
        path : str or path-like
            Its ending says what is written: `.json` the document, `.md` Markdown, `.html` a page, `.txt` text. JSON and
            Markdown also tell the provenance: time, versions, the git commit, digests of the inputs.
        force : bool
            Replace a file that exists.

        Raises
        ------
        UsageError
            If the ending is another, or the file exists (and not `force`) or cannot be written.
        """
        saved: Path = _presented().save(self, Path(path), force=force)
        return saved

    def counted(self) -> tuple[str, ...]:
        """Return what was counted, in a line or two; what a report says first is not repeated."""
        return ()

    def __repr__(self) -> str:
        text: str = _presented().in_short(self)
        return text

    def _repr_html_(self) -> str | None:
        """Return what a notebook shows; None, and thus the short text, where the package for pages is missing."""
        html: str | None = _presented().render_notebook(self)
        return html


def _presented() -> Any:
    return import_module(_PRESENTED)
