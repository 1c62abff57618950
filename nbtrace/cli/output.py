"""What every comparing command does with its result: print it, write it, file it, and say how it ended."""

import sys
import time
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

from nbtrace.compare.status import Verdict
from nbtrace.documents import dump
from nbtrace.errors import ExitCode, UsageError
from nbtrace.evidence.bundle import Bundle
from nbtrace.evidence.provenance import FileRecord, Provenance, utc_text
from nbtrace.files import write_new
from nbtrace.report import markdown, terminal
from nbtrace.report.view import View

STDOUT = Path("-")

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
    """

    md: Path | None = None
    json: Path | None = None
    text: Path | None = None
    bundle: Path | None = None
    force: bool = False

    def __post_init__(self) -> None:
        if self.md == self.json == STDOUT:
            raise UsageError("--md - and --json - cannot both print to standard output")
        files = [path for path in (self.md, self.json, self.text) if path is not None and path != STDOUT]
        if len({path.resolve() for path in files}) < len(files):
            raise UsageError("--md, --json and --output need different files")
        for path in files:
            if path.exists() and not self.force:
                raise UsageError(f"{path} exists; give --force to replace it, or another name")

    @property
    def prints_report(self) -> bool:
        """Whether the report goes to the terminal: not when another form is printed in its place."""
        return STDOUT not in {self.md, self.json}


@dataclass
class Delivery:
    """A command under way: its inputs, its destinations, its start."""

    name: str
    inputs: tuple[str, ...]
    to: Destinations
    device: str | None = None
    dtype: str | None = None

    def __post_init__(self) -> None:
        if self.inputs.count("-") > 1:
            raise UsageError("standard input (-) can be read once: give the other log as a file")
        self._started = time.perf_counter()

    def deliver(self, view: View, document: Mapping[str, object], *, printed: str | None = None) -> ExitCode:
        """Print, write and file a result; return how the command ends.

        `printed` stands in place of the terminal report, such as a unified diff.
        """
        code = _EXIT[view.verdict]
        provenance = self._provenance() if self.to.md or self.to.json or self.to.bundle else None
        if self.to.prints_report:
            self._print(view, printed)
        if self.to.text is not None:
            self._write(self.to.text, terminal.render(view) if printed is None else printed)
        if provenance is not None:
            self._documents(view, document, provenance, code)
        return code

    def _print(self, view: View, printed: str | None) -> None:
        if printed is not None:
            sys.stdout.write(printed)
        else:
            terminal.print_view(view, terminal.console_for(sys.stdout))

    def _documents(self, view: View, document: Mapping[str, object], provenance: Provenance, code: ExitCode) -> None:
        report = markdown.render(view, provenance=provenance_lines(provenance))
        outputs = []
        if self.to.md is not None:
            written = self._write(self.to.md, report)
            outputs += [FileRecord.of(written)] if written is not None else []
        whole = {**document, "provenance": provenance.document(outputs)}
        if self.to.json is not None:
            self._write(self.to.json, dump(whole))
        if self.to.bundle is not None:
            paths = Bundle.open_or_create(self.to.bundle).add_result(
                self.name,
                metrics=whole,
                summary_md=report,
                provenance=provenance,
                exit_code=int(code),
                wall_seconds=time.perf_counter() - self._started,
            )
            sys.stderr.write(f"filed in {self.to.bundle}: {', '.join(path.name for path in paths)}\n")

    def _write(self, path: Path, content: str) -> Path | None:
        if path == STDOUT:
            sys.stdout.write(content)
            return None
        return write_new(path, content, force=self.to.force)

    def _provenance(self) -> Provenance:
        return Provenance.collect(
            inputs=[Path(name) for name in dict.fromkeys(self.inputs)], device=self.device, dtype=self.dtype
        )


def provenance_lines(provenance: Provenance) -> tuple[str, ...]:
    """Return a provenance as lines for people."""
    document = provenance.document()
    git = provenance.git.commit or provenance.git.reason or "unknown"
    environment = provenance.environment
    versions = f"nbtrace {environment.nbtrace}, Python {environment.python.split()[0]}, {environment.platform}"
    lines = [
        f"made {utc_text(provenance.time)} by: {document['command']}",
        f"git {git}{' with uncommitted changes' if provenance.git.dirty else ''}",
        versions,
    ]
    lines += [f"input {record.path}: sha256 {record.sha256 or record.reason}" for record in provenance.inputs]
    return tuple(lines)
