"""The evidence folder: results, what they were made from and with, and the digests that prove nothing changed since.

| file | content |
|---|---|
| `diff.json`, `phi.json`, … | the numbers of a result, named after the command that made it |
| `diff.md`, … | its report in Markdown |
| `diff_view.json`, … | what the report says, for whoever shows it later |
| `metrics.json` | the numbers once more, for tools that know no other name |
| `input_c.log`, … | copies of inputs, where they are wanted |
| `summary.md` | for people; a dated section per result |
| `run_metadata.json` | the provenance of a result: command, code, versions, digests of inputs and outputs |
| `env.json`, `git_sha.txt` | versions, machine and commit; new ones when these have changed |
| `commands.txt` | every command in order of time, with its start, exit status and wall time |
| `stdout.txt`, `stderr.txt` | the output of a program that was run; `interrupted_…` of a run that was killed |
| `sha256.txt` | a digest per file, for `sha256sum -c` inside the folder |

No file is overwritten: the second `diff.json` is `diff_2.json`; any other name gets `_rerun1`, as in
`metrics_rerun1.json`. Which files belong together, and what each is, stands in `run_metadata.json`. `summary.md`,
`commands.txt` and `sha256.txt` grow. Bundles of version 0.1 have `view.json`, and `metrics.json` as their document.
"""

import re
import reprlib
import shlex
import shutil
from collections.abc import Iterable, Mapping, Sequence
from contextlib import ExitStack
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import BinaryIO

from nbtrace.documents import dump, utc_text
from nbtrace.errors import InputError, UsageError
from nbtrace.evidence.commands import (
    COMMANDS_NAME,
    goes_on,
    is_command_log,
    past_command,
    run_end,
    run_interrupted,
    run_start,
    unended,
)
from nbtrace.evidence.locate import Tree, is_file_name
from nbtrace.evidence.lock import LOCK_NAME, under_way
from nbtrace.evidence.manifest import read_manifest
from nbtrace.evidence.program import ProgramRun, run_kept
from nbtrace.evidence.provenance import FileRecord, Provenance
from nbtrace.evidence.result_files import ResultNames, copy_name
from nbtrace.evidence.transaction import MANIFEST_NAME, Transaction, transaction
from nbtrace.files import read_bytes
from nbtrace.temporary import lasting_in

METRICS_NAME = "metrics.json"
VIEW_NAME = "view.json"
SUMMARY_NAME = "summary.md"
RUN_METADATA_NAME = "run_metadata.json"
ENVIRONMENT_NAME = "env.json"
GIT_NAME = "git_sha.txt"
_INTERRUPTED_NAMES = ("interrupted_stdout.txt", "interrupted_stderr.txt")
_HEADING = re.compile(r"^#{1,6}(?=\s)")
_FENCE = re.compile(r"\s{0,3}(```|~~~)")


@dataclass(frozen=True)
class BundleFile:
    """A file of a bundle: its name in the folder, its size in bytes, and whether the manifest lists it."""

    name: str
    size: int
    listed: bool


@dataclass(frozen=True)
class ClosedRun:
    """A run that was found to be interrupted: when and as what it was started, and the files of what it had written."""

    time: str
    command: str
    written: tuple[Path, ...]


@dataclass(frozen=True)
class Bundle:
    """An evidence folder; make one with :meth:`open` or :meth:`open_or_create`."""

    root: Path

    @classmethod
    def open(cls, path: Path) -> "Bundle":
        """Return the bundle at `path`.

        Raises
        ------
        InputError
            If there is none.
        """
        try:
            is_bundle = (path / MANIFEST_NAME).is_file()
        except OSError as error:
            raise InputError(f"{path} cannot be read: {error.strerror}") from error
        if not path.is_dir():
            raise InputError(f"{path} is {'a file' if path.exists() else 'not there'}; a bundle is a folder")
        if not is_bundle:
            raise InputError(f"{path} is not a bundle: it has no {MANIFEST_NAME}; nbtrace bundle init {path} makes one")
        return cls(path)

    @classmethod
    def open_or_create(cls, path: Path) -> "Bundle":
        """Return the bundle at `path`; a folder that is none yet, or that does not exist, becomes one.

        Files that are in the folder already stay as they are and are not listed.

        Raises
        ------
        UsageError
            If `path` is a file or cannot be written.
        """
        try:
            path.mkdir(parents=True, exist_ok=True)
            new = not (path / MANIFEST_NAME).exists()
        except FileExistsError:
            raise UsageError(f"{path} is a file; a bundle is a folder") from None
        except OSError as error:
            raise UsageError(f"{path} cannot be used as a bundle: {error.strerror}") from error
        if new:
            provenance = Provenance.collect()
            with transaction(path) as files:
                if not files.manifest.lines:
                    files.grow(SUMMARY_NAME, f"# Evidence: {path.resolve().name}\n")
                    files.grow(COMMANDS_NAME, "")
                    _snapshots(files, provenance)
        return cls(path)

    def add_result(
        self,
        name: str,
        *,
        metrics: Mapping[str, object],
        summary_md: str,
        provenance: Provenance,
        view: Mapping[str, object] | None = None,
        outputs: Mapping[str, str | bytes] | None = None,
        copied: Sequence[Path] = (),
        exit_code: int | None = None,
        wall_seconds: float | None = None,
    ) -> list[Path]:
        """Write a result and its provenance; return the paths of all files written, the manifest left out.

        Parameters
        ----------
        name : str
            What made the result (`diff`, `phi`, …): the title of its section in `summary.md`, and what its files are
            called.
        metrics : mapping
            The content of its document, and of `metrics.json`.
        summary_md : str
            Markdown; its headings go down two levels, under the dated one.
        provenance : Provenance
            When, how and from what it was made; its inputs are recorded.
        view : mapping, optional
            What the report says, in a form that is read back.
        outputs : mapping, optional
            Further files, name → content.
        copied : sequence of Path
            Inputs that are copied in, too.
        exit_code, wall_seconds : optional
            How the command ends and how long it took, for `commands.txt`.

        Raises
        ------
        UsageError
            If the bundle cannot be written, or an input that is copied has changed; it stays as it was.
        """
        ended = "done" if exit_code is None else f"exit {exit_code}"
        with transaction(self.root) as files:
            own, document = ResultNames.first_free(name, files.is_taken), dump(metrics)
            kinds = {"document": files.add(own.document, document), "report": files.add(own.report, summary_md)}
            kinds |= {"view": files.add(own.view, dump(view))} if view is not None else {}
            kinds["metrics"] = files.add(METRICS_NAME, document)
            written = [*kinds.values(), *(files.add(title, content) for title, content in (outputs or {}).items())]
            copies = {source: _copied(files, source, provenance) for source in copied}
            written += [*copies.values(), *_snapshots(files, provenance)]
            details: dict[str, object] = {"result": name, "exit_code": exit_code, "wall_seconds": wall_seconds}
            details["files"] = {kind: record.path for kind, record in kinds.items()}
            details["copied_inputs"] = [
                {"path": record.path, "input": str(source), "sha256": record.sha256}
                for source, record in copies.items()
            ]
            written.append(files.add(RUN_METADATA_NAME, dump(provenance.document(written) | details)))
            section = files.grow(SUMMARY_NAME, _section(provenance.time, name, summary_md, written))
            log = files.grow(COMMANDS_NAME, past_command(provenance, ended, wall_seconds, written))
        return self._paths([*written, section, log])

    def add_file(self, name: str, content: str | bytes, *, provenance: Provenance) -> Path:
        """Write a file that belongs to no single result, such as a page of all; return its path.

        Raises
        ------
        UsageError
            If the bundle cannot be written; it stays as it was.
        """
        with transaction(self.root) as files:
            written = files.add(name, content)
            files.grow(COMMANDS_NAME, past_command(provenance, "done", None, [written]))
        return self.root / written.path

    def add_files(self, sources: Iterable[Path], *, command: Sequence[str] | None = None) -> list[FileRecord]:
        """Copy files in, or list files that are in the folder already; return a record of each, by its name there.

        Raises
        ------
        InputError
            If one cannot be read or is no regular file; none is added then.
        UsageError
            If the bundle cannot be written, or a file of it is not what the manifest says.
        """
        provenance = Provenance.collect(command=command)
        with transaction(self.root) as files:
            written = [files.add_copy(source) for source in sources]
            if files.staged or files.adopted:
                files.grow(COMMANDS_NAME, past_command(provenance, "exit 0", None, written))
        return written

    def run(
        self, command: Sequence[str], *, name: str | None = None, echo: tuple[BinaryIO | None, BinaryIO | None]
    ) -> tuple[ProgramRun, list[Path]]:
        """Run a program, keep its output, and record how it went; return that and the paths written.

        The start stands in `commands.txt` before the program runs, so that a run that never ended can be seen. Output
        that cannot be recorded in the end (a full disk) stays in the folder under its temporary names. While it runs, a
        lock on the first of these tells `verify` that it goes on.

        Parameters
        ----------
        command : sequence of str
            The program and its arguments; no shell sees them.
        name : str, optional
            Starts the names of the output files: `NAME_stdout.txt`.
        echo : two binary streams, or None
            Where its output and error go as well.

        Raises
        ------
        UsageError
            If `name` starts no file name, before anything runs; or if the bundle cannot be written.
        """
        titles = output_names(name)
        provenance = Provenance.collect(command=command)
        kept = lasting_in(self.root), lasting_in(self.root)
        with ExitStack() as marked:
            with transaction(self.root) as files:
                for title in titles:
                    files.free(title)
                marked.enter_context(under_way(kept[0]))
                started = datetime.now(UTC)
                files.grow(COMMANDS_NAME, run_start(provenance, started, kept))
            try:
                run = run_kept(command, kept, echo)
            except OSError as error:
                raise UsageError(f"{self.root} cannot be written: {error.strerror}") from error
            with transaction(self.root) as files:
                streams = [files.take(path, title) for path, title in zip(kept, titles, strict=True)]
                written = streams + _snapshots(files, provenance)
                written.append(files.add(RUN_METADATA_NAME, dump(provenance.document(written) | _run_details(run))))
                text = _run_section(run, streams)
                section = files.grow(SUMMARY_NAME, _section(provenance.time, name or "run", text, written))
                log = files.grow(COMMANDS_NAME, run_end(run.text, run.wall_seconds, started, written))
        return run, self._paths([*written, section, log])

    def close(self) -> list[ClosedRun]:
        """Record as interrupted each run that has a start and no end, and list what it had written by then.

        A run that goes on stays as it is.

        Raises
        ------
        InputError
            If the commands cannot be read.
        UsageError
            If the bundle cannot be written; it stays as it was.
        """
        closed = []
        with transaction(self.root) as files:
            for start in unended(self._command_logs()):
                if goes_on(start):
                    continue
                kept = [(self.root / name, title) for name, title in zip(start.kept, _INTERRUPTED_NAMES, strict=False)]
                written = [files.take(path, title) for path, title in kept if path.is_file() and not path.is_symlink()]
                text = f"    {start.command}\n\nstarted {start.time} and interrupted; when, is not known"
                files.grow(SUMMARY_NAME, _section(datetime.now(UTC), "interrupted run", text, written))
                files.grow(COMMANDS_NAME, run_interrupted(start, written))
                closed.append(ClosedRun(start.time, start.command, tuple(self._paths(written))))
        return closed

    def _command_logs(self) -> dict[Path, str]:
        """Return the text of every command log."""
        paths = sorted(path for path in self.root.iterdir() if is_command_log(path.name) and not path.is_symlink())
        return {path: read_bytes(path).decode("utf-8", "surrogateescape") for path in paths if path.is_file()}

    def contents(self) -> list[BundleFile]:
        """Return the files of the folder by name; the lock is left out."""
        listed = read_manifest(self.root / MANIFEST_NAME).digests()
        tree = Tree.at(self.root)
        names = {tree.short(path): path.lstat().st_size for path in tree.files}
        return [BundleFile(name, size, name in listed) for name, size in names.items() if name != LOCK_NAME]

    def _paths(self, records: Iterable[FileRecord]) -> list[Path]:
        return [self.root / name for name in dict.fromkeys(record.path for record in records)]


def output_names(name: str | None) -> tuple[str, str]:
    """Return the names that the output and the error of a run called `name` are kept under.

    Raises
    ------
    UsageError
        If no file can have them.
    """
    prefix = "" if name is None else f"{name}_"
    names = f"{prefix}stdout.txt", f"{prefix}stderr.txt"
    if name == "" or not all(map(is_file_name, names)):
        raise UsageError(
            f"{reprlib.repr(name)} cannot start a file name; give a shorter --name, without a / and not empty"
        )
    return names


def _run_details(run: ProgramRun) -> dict[str, object]:
    executable = shutil.which(run.command[0])
    return {
        "result": "run",
        "program": None if executable is None else FileRecord.try_of(Path(executable)).document(),
        "exit_code": run.status,
        "ended": run.text,
        "wall_seconds": run.wall_seconds,
    }


def _run_section(run: ProgramRun, streams: Iterable[FileRecord]) -> str:
    sizes = "\n".join(f"- `{record.path}`: {record.size} bytes" for record in streams)
    return f"    {shlex.join(run.command)}\n\n{run.text}, {run.wall_seconds:.3f} s\n\n{sizes}"


def _copied(files: Transaction, source: Path, provenance: Provenance) -> FileRecord:
    """Copy an input in.

    Raises
    ------
    UsageError
        If it is not what the result was made from.
    """
    record = files.add_copy(source, lambda digest: copy_name(source, digest))
    read = next((item.sha256 for item in provenance.inputs if item.path == str(source)), record.sha256)
    if read != record.sha256:
        raise UsageError(f"{source} has changed since it was read; nothing was filed")
    return record


def _snapshots(files: Transaction, provenance: Provenance) -> list[FileRecord]:
    environment = files.add_unless_current(ENVIRONMENT_NAME, dump(provenance.environment.document()))
    git = files.add_unless_current(GIT_NAME, provenance.git.text)
    return [record for record in (environment, git) if record is not None]


def _section(moment: datetime, title: str, text: str, written: Iterable[FileRecord]) -> str:
    names = ", ".join(f"`{record.path}`" for record in written)
    body = _demoted(text).strip("\n")
    return f"\n## {utc_text(moment)} {title}\n\n{body}\n\nFiles: {names}\n"


def _demoted(text: str) -> str:
    """Return Markdown with every heading two levels down; fenced code stays as it is."""
    lines, fence = [], ""
    for line in text.split("\n"):
        mark = _FENCE.match(line)
        if mark and fence in {"", mark[1]}:
            fence = "" if fence else mark[1]
        lines.append(line if fence else _HEADING.sub(lambda match: f"##{match[0]}"[:6], line))
    return "\n".join(lines)
