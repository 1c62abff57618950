"""Where the result of a command goes, and whether it can go there."""

import os
from collections.abc import Iterable
from importlib.util import find_spec
from pathlib import Path

from nbtrace.errors import UsageError
from nbtrace.frozen import frozen
from nbtrace.report.missing_packages import needs_package

STDOUT = Path("-")

_PLOTS = (".png", ".svg")

SUMMARY = "summary.json"
REPORT = "report.md"
"""Names of the documents in the folder of a result."""


@frozen
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
