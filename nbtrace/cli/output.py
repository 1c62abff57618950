"""What every comparing command does with its result: print it, write it, file it, and say how it ended."""

import os
import sys
import time
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from importlib.util import find_spec
from pathlib import Path
from typing import TYPE_CHECKING

from nbtrace.cli.next_commands import runnable
from nbtrace.documents import pieces
from nbtrace.errors import ExitCode, UsageError
from nbtrace.evidence.bundle import Bundle
from nbtrace.evidence.provenance import FileRecord, Provenance
from nbtrace.evidence.result_files import copyable
from nbtrace.files import write_new
from nbtrace.report import markdown, terminal
from nbtrace.report.missing_packages import needs_package
from nbtrace.report.provenance_lines import provenance_lines
from nbtrace.report.short_form import on_a_screen, short_form
from nbtrace.report.view import View, clean
from nbtrace.verdicts.status import Verdict

if TYPE_CHECKING:
    from matplotlib.figure import Figure

STDOUT = Path("-")

_PLOTS = (".png", ".svg")

SUMMARY = "summary.json"
REPORT = "report.md"
"""Names of the documents in the folder of a result."""

_EXIT = {Verdict.AGREE: ExitCode.AGREE, Verdict.DIFFER: ExitCode.DIFFER, Verdict.NOT_COMPARABLE: ExitCode.MISMATCH}


@dataclass(frozen=True)
class Destinations:
    """Where a result goes.

    Attributes
    ----------
    md, json, text : Path or None
        Files for the Markdown report, the JSON document and the printed text; `-` for standard output.
    bundle : Path or None
        Evidence folder.
    force : bool
        Replace files that exist.
    notes : Path or None
        File that something is added to; what it holds stays.
    folder : Path or None
        Gets the report (:data:`REPORT`), the JSON document (:data:`SUMMARY`), and what else belongs to the result.
    others : tuple of Path
        Files that the command itself writes besides.
    plot : Path or None
        File for a figure; its suffix says whether it is PNG or SVG.
    copy_inputs : bool
        Copy the inputs into the bundle.
    whole : bool
        Print the report whole, not in its short form.
    """

    md: Path | None = None
    json: Path | None = None
    text: Path | None = None
    bundle: Path | None = None
    force: bool = False
    notes: Path | None = None
    folder: Path | None = None
    others: tuple[Path, ...] = ()
    plot: Path | None = None
    copy_inputs: bool = False
    whole: bool = False

    def __post_init__(self) -> None:
        if self.md == self.json == STDOUT:
            raise UsageError("--md - and --json - cannot both print to standard output")
        if len(set(map(os.path.abspath, self.files))) < len(self.files):
            raise UsageError("two outputs have the same name: --md, --json, --output and others need different files")
        if self.plot is not None and self.plot.suffix.lower() not in _PLOTS:
            raise UsageError(f"--plot {self.plot}: a figure is written to a file that ends in {' or '.join(_PLOTS)}")
        if self.plot is not None:
            require_matplotlib("--plot")
        if self.copy_inputs and self.bundle is None:
            raise UsageError("--copy-inputs copies into a bundle; give --bundle, too")
        if self.notes == STDOUT:
            raise UsageError("notes are added to a file; - is none")
        if STDOUT in {self.bundle, self.folder}:
            raise UsageError("- is standard output; --bundle and --outdir need a folder")

    @property
    def files(self) -> tuple[Path, ...]:
        """The files to write."""
        reports = (self.md, self.json, self.text, self.plot)
        return (*(path for path in reports if path is not None and path != STDOUT), *self.others)

    def check(self, inputs: Iterable[str]) -> None:
        """Say before any work is done that an output cannot be written, or would destroy something.

        Raises
        ------
        UsageError
            If a file exists (and not `force`), is one of the inputs, or its folder is none; if the bundle is a file; if
            the folder holds something (and not `force`); if notes would be added to an input or another output.
        """
        for path in self.files:
            if _exists(path) and not self.force:
                raise UsageError(f"{path} exists; give --force to replace it, or another name")
            if any(_same(path, Path(name)) for name in inputs):
                raise UsageError(f"{path} is one of the inputs; give another name")
            must_be_folder(path.absolute().parent, path)
        if self.bundle is not None:
            must_be_folder(self.bundle.absolute(), self.bundle)
        if self.folder is not None:
            must_be_folder(self.folder.absolute(), self.folder)
            if self.folder.is_dir() and any(self.folder.iterdir()) and not self.force:
                raise UsageError(f"{self.folder} is not empty; give --force to replace what is in it, or another name")
        if self.notes is not None:
            self._check_notes(self.notes, inputs)

    def _check_notes(self, notes: Path, inputs: Iterable[str]) -> None:
        """Refuse notes in a file that is read, or written anew."""
        for other in (*self.files, *map(Path, inputs)):
            if _same(notes, other) or notes.absolute() == other.absolute():
                raise UsageError(f"{notes} is also an input or another output; give notes a file of their own")
        if notes.is_dir():
            raise UsageError(f"{notes} is a folder; notes are added to a file")
        must_be_folder(notes.absolute().parent, notes)

    @property
    def shows_all(self) -> bool:
        """Whether the report goes somewhere whole, or stands on the terminal whole."""
        return bool(self.whole or self.text or self.md or self.bundle or self.folder)

    @property
    def prints_report(self) -> bool:
        """Whether the report goes to the terminal: not when another form is printed in its place."""
        return STDOUT not in {self.md, self.json}


def _exists(path: Path) -> bool:
    try:
        return os.path.lexists(path)
    except ValueError:
        raise UsageError(f"{path} is no file name") from None


def _same(path: Path, other: Path) -> bool:
    try:
        return path.samefile(other)
    except (OSError, RuntimeError):
        return False


def must_be_folder(folder: Path, wanted: Path) -> None:
    """Check that the nearest part of a path that exists is a folder; what is missing of it can then be made.

    Raises
    ------
    UsageError
        If it is none, so that `wanted` cannot be written.
    """
    for part in (folder, *folder.parents):
        if os.path.lexists(part):
            if not part.is_dir():
                raise UsageError(f"{wanted} cannot be written: {part} is no folder")
            return


@dataclass
class Delivery:
    """A command under way: its inputs, its destinations, the reference program if one takes part, its start."""

    name: str
    inputs: tuple[str, ...]
    to: Destinations
    device: str | None = None
    dtype: str | None = None
    reference: Path | None = None
    screen: int | None = None
    """Lines that the printed report may have, where it is cut to a screen."""

    def __post_init__(self) -> None:
        if self.inputs.count("-") > 1:
            raise UsageError("standard input (-) can be read once: give the other log as a file")
        self.to.check(self.inputs)
        self._started = time.perf_counter()

    def deliver(
        self,
        view: View,
        document: Callable[[], Mapping[str, object]],
        *,
        printed: str | None = None,
        outputs: Mapping[str, str | bytes] | None = None,
        draw: Callable[[Mapping[str, object]], "Figure"] | None = None,
        code: ExitCode | None = None,
        shown: View | None = None,
    ) -> ExitCode:
        """Print, write and file a result; return how the command ends.

        Parameters
        ----------
        view : View
        document : callable
            Makes the JSON document, where one is wanted.
        printed : str, optional
            Stands in place of the terminal report, such as a unified diff.
        outputs : mapping, optional
            Further files for the bundle and the folder, name → content.
        draw : callable, optional
            Makes the figure of a document where one is wanted.
        code : ExitCode, optional
            How the command ends, where the verdict alone does not tell.
        shown : View, optional
            A shorter one, which is printed in its place unless all is asked for; files hold the whole.
        """
        code = _EXIT[view.verdict] if code is None else code
        view = runnable(view)
        shown = None if shown is None else runnable(shown)
        if self.to.plot is not None and draw is not None:
            self._plot(draw(document()), self.to.plot)
        if self.to.text not in {None, STDOUT}:
            self._write(self.to.text, terminal.render(view, closes=True) if printed is None else printed)
        filed = ""
        if self.to.md or self.to.json or self.to.bundle or self.to.folder:
            filed = self._documents(view, document(), code, outputs or {})
        if self.to.prints_report:
            self._print(view if shown is None or self.to.whole else shown, printed)
        sys.stderr.write(filed)
        return code

    def _plot(self, figure: "Figure", path: Path) -> None:
        from nbtrace.report.figures.style import save  # noqa: PLC0415 - matplotlib

        save(figure, path, force=self.to.force)

    def _print(self, view: View, printed: str | None) -> None:
        if printed is not None:
            sys.stdout.write(printed)
            return
        console = terminal.console_for(sys.stdout)
        if not self.to.whole:
            view = short_form(view) if self.screen is None else on_a_screen(view, console.width, self.screen)
        terminal.print_view(view, console, closes=True)

    def _documents(
        self,
        view: View,
        document: Mapping[str, object],
        code: ExitCode,
        outputs: Mapping[str, str | bytes],
    ) -> str:
        """Write and file the documents; return what is to be said of it."""
        provenance = self._provenance()
        wanted = self.to.md or self.to.bundle or self.to.folder
        report = markdown.render(view, provenance=provenance_lines(provenance)) if wanted else ""
        written = [] if self.to.md is None else [self._write(self.to.md, report)]
        written += self._into_folder({**outputs, REPORT: report})
        records = [FileRecord.of(path) for path in written if path is not None]
        whole = {**document, "answer": view.headline, "provenance": provenance.document(records)}
        if self.to.json is not None:
            self._write(self.to.json, pieces(whole))
        summary = self._summary(whole, len(outputs) + 2)
        if self.to.bundle is None:
            return summary
        from nbtrace.report.documents.view_document import view_document  # noqa: PLC0415 - its models

        inputs = {record.path: record for record in provenance.inputs} if self.to.copy_inputs else {}
        copied, left = copyable(inputs)
        paths = Bundle.open_or_create(self.to.bundle).add_result(
            self.name,
            metrics=whole,
            summary_md=report,
            view=view_document(view),
            provenance=provenance,
            outputs=outputs,
            copied=copied,
            exit_code=int(code),
            wall_seconds=time.perf_counter() - self._started,
        )
        said = "".join(f"{clean(text)}\n" for text in left)
        names = ", ".join(path.name for path in paths)
        return f"{summary}{said}filed in {clean(str(self.to.bundle))}: {clean(names)}\n"

    def _into_folder(self, contents: Mapping[str, str | bytes]) -> list[Path | None]:
        """Write files into the folder, if there is one."""
        folder = self.to.folder
        if folder is None:
            return []
        return [write_new(folder / name, content, force=self.to.force) for name, content in contents.items()]

    def _summary(self, document: Mapping[str, object], count: int) -> str:
        """Write the document into the folder, if there is one; return what is to be said of it."""
        if self.to.folder is None:
            return ""
        write_new(self.to.folder / SUMMARY, pieces(document), force=self.to.force)
        return f"written to {clean(str(self.to.folder))}: {count} files\n"

    def _write(self, path: Path, content: str | Iterable[str]) -> Path | None:
        if path == STDOUT:
            sys.stdout.writelines((content,) if isinstance(content, str) else content)
            return None
        return write_new(path, content, force=self.to.force)

    def _provenance(self) -> Provenance:
        return Provenance.collect(
            inputs=[Path(name) for name in dict.fromkeys(self.inputs)],
            reference=self.reference,
            device=self.device,
            dtype=self.dtype,
        )


def can_draw() -> bool:
    """Whether matplotlib is installed; it is not imported."""
    return find_spec("matplotlib") is not None


def require_matplotlib(what: str) -> None:
    """Refuse to start what would end without its figures.

    Raises
    ------
    UsageError
        If matplotlib is not installed.
    """
    if not can_draw():
        raise needs_package(what, "matplotlib")
