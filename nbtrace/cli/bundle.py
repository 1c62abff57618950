"""`nbtrace bundle`: evidence folders made, filled and verified from the command line."""

import sys
from pathlib import Path
from typing import Annotated

import typer
from rich.console import Console
from rich.text import Text

from nbtrace.cli.command import HelpfulCommand, HelpfulGroup
from nbtrace.cli.printing import shown
from nbtrace.cli.program_flags import ProgramCommand, passed_on
from nbtrace.documents import dump
from nbtrace.errors import ExitCode, InputError, ProgramError, UsageError
from nbtrace.evidence.bundle import Bundle, BundleFile, output_names
from nbtrace.evidence.transaction import MANIFEST_NAME
from nbtrace.evidence.verification import EntryFinding, FileStatus, Integrity, Verification
from nbtrace.evidence.verify import verify as verify_evidence
from nbtrace.files import write_new

app = typer.Typer(cls=HelpfulGroup, help="Make, fill and verify an evidence folder.", no_args_is_help=True)

_COLOURS = {FileStatus.OK: "green"} | dict.fromkeys(
    (FileStatus.UNDER_WAY, FileStatus.SELF, FileStatus.WEAK, FileStatus.NOT_LISTED), "yellow"
)
_STDOUT = Path("-")
_UNLISTED_SHOWN = 20

# Typer would reject an unreadable path as a usage error; nbtrace says itself what it cannot read.
BundleArgument = Annotated[
    Path, typer.Argument(metavar="BUNDLE", help="The folder; by default the current one.", readable=False)
]
JsonOption = Annotated[
    Path | None, typer.Option("--json", metavar="FILE", help="Write the result as JSON; - prints it instead.")
]
ForceOption = Annotated[bool, typer.Option("--force", help="Replace an existing file given with --json.")]


@app.command(cls=HelpfulCommand, epilog="Example: nbtrace bundle init evidence/")
def init(bundle: BundleArgument = Path()) -> None:
    """Make a folder a bundle; one that is a bundle already stays as it is."""
    try:
        existing, said = Bundle.open(bundle), "is a bundle already; nothing was changed"
    except InputError:
        existing, said = Bundle.open_or_create(bundle), "is a bundle now"
    files = existing.contents()
    _print(f"{shown(bundle)} {said}: {len(files)} files, {_unlisted(files)}")


@app.command(cls=HelpfulCommand, epilog="Example: nbtrace bundle add evidence/ c.log py.log")
def add(
    bundle: Annotated[
        Path, typer.Argument(metavar="BUNDLE", help="The folder; it is made if there is none.", readable=False)
    ],
    files: Annotated[list[Path], typer.Argument(metavar="FILE", help="What to copy in; never moved.", readable=False)],
) -> None:
    """Copy files into a bundle, or list files that are in its folder already.

    A name that is taken by another content becomes NAME_rerun1, and so on.
    """
    for file in files:
        _must_be_there(file)
    for source, record in zip(files, Bundle.open_or_create(bundle).add_files(files), strict=True):
        _print(f"{shown(source)} -> {shown(record.path)}" + (f" ({record.reason})" if record.reason else ""))


class _RunCommand(ProgramCommand):
    after_dashes = "-- PROGRAM [ARGS]..."

    def offered(self, incomplete: str) -> list[tuple[str, str]]:
        """Return nothing: the words are another program's, so that files are offered."""
        del incomplete
        return []


@app.command(
    cls=_RunCommand,
    epilog="Example: nbtrace bundle run evidence/ --name c -- ./nanoBragg -hkl P1.hkl",
)
def run(
    ctx: typer.Context,
    bundle: BundleArgument = Path(),
    name: Annotated[
        str | None,
        typer.Option("--name", metavar="NAME", help="Name of the run: its output is kept as NAME_stdout.txt."),
    ] = None,
) -> None:
    """Run the program after -- and keep its output, its exit status and its times.

    No shell sees the arguments. The exit status is 5 if the program fails.
    """
    command = passed_on(ctx)
    if not command:
        raise UsageError("nothing to run: put the program after --, as in: nbtrace bundle run BUNDLE -- PROGRAM ARGS")
    output_names(name)
    target = Bundle.open(bundle) if bundle == Path() else Bundle.open_or_create(bundle)
    ended, written = target.run(command, name=name, echo=(sys.stdout.buffer, sys.stderr.buffer))
    if ended.status != 0:
        raise ProgramError(
            f"{shown(command[0])}: {ended.text}; its output is in {shown(written[0])} and {shown(written[1].name)}"
        )


@app.command(cls=HelpfulCommand, epilog="Example: nbtrace bundle close evidence/")
def close(bundle: BundleArgument = Path()) -> None:
    """Record the runs of a bundle that were killed as interrupted, and keep what they had written by then.

    A run that still goes on stays as it is.
    """
    closed = Bundle.open(bundle).close()
    for run in closed:
        names = " and ".join(shown(path.name) for path in run.written)
        output = f"its output is in {names}" if names else "nothing is left of its output"
        _print(f"interrupted: the run started {run.time}, {shown(run.command)}; {output}")
    _print(f"{shown(bundle)}: {len(closed)} interrupted run{'s'[: len(closed) != 1]} closed")


@app.command(cls=HelpfulCommand, epilog="Example: nbtrace bundle verify evidence/")
def verify(
    path: Annotated[
        Path, typer.Argument(metavar="PATH", help="A folder, a manifest, or a JSON document.", readable=False)
    ] = Path(),
    *,
    strict: Annotated[bool, typer.Option("--strict", help="Fail (exit 1) for a file that no manifest lists.")] = False,
    verbose: Annotated[bool, typer.Option("--verbose", "-v", help="Show all entries, verified or not.")] = False,
    json: JsonOption = None,
    force: ForceOption = False,
) -> None:
    """Check files against their manifests, and JSON documents for validity and contradictions.

    A manifest is what holds lines of sha256sum or its like (sha512, sha1, also as BSD writes them), whatever its name.
    MD5 is compared as well, and said to prove nothing.

    Exit status: 0 all entries verify; 1 something changed, is missing or contradicts itself; 3 nothing to verify.

    A run that has a start and no end in commands.txt was interrupted, and fails, until nbtrace bundle close records
    that; one that still goes on does not.

    Files that no manifest lists are named; only --strict makes them a failure.
    """
    result = verify_evidence(path)
    outcome = result.outcome(strict=strict)
    if json is not None:
        _write_json(result.document(strict=strict), json, force=force)
    if json != _STDOUT:
        _print_verification(result, outcome, verbose=verbose)
    match outcome:
        case Integrity.FAULTY:
            raise typer.Exit(ExitCode.DIFFER)
        case Integrity.NOTHING:
            raise InputError(f"{shown(path)}: nothing to verify; {_why_nothing(result)}")
        case Integrity.INTACT:
            return


@app.command("list", cls=HelpfulCommand, epilog="Example: nbtrace bundle list evidence/")
def list_files(bundle: BundleArgument = Path(), *, json: JsonOption = None, force: ForceOption = False) -> None:
    """List the files of a bundle: size in bytes, and whether the manifest lists it. Nothing is verified."""
    files = Bundle.open(bundle).contents()
    if json is not None:
        rows = [{"name": file.name, "size": file.size, "listed": file.listed} for file in files]
        _write_json({"format_version": 1, "root": str(bundle), "files": rows}, json, force=force)
    if json == _STDOUT:
        return
    for file in files:
        mark = "" if file.listed else "manifest" if file.name == MANIFEST_NAME else "not listed"
        _print(f"{file.size:>12}  {mark:<10}  {shown(file.name)}")
    _print(f"{len(files)} files, {_unlisted(files)}")


def _must_be_there(path: Path) -> None:
    try:
        path.stat()
    except OSError as error:
        raise InputError(f"{shown(path)} cannot be read: {error.strerror}; nothing was added") from error


def _unlisted(files: list[BundleFile]) -> str:
    count = sum(not file.listed and file.name != MANIFEST_NAME for file in files)
    return f"{count} not listed in {MANIFEST_NAME}" if count else f"all listed in {MANIFEST_NAME}"


def _print_verification(result: Verification, outcome: Integrity, *, verbose: bool) -> None:
    unlisted = result.of_status(FileStatus.NOT_LISTED)
    for finding in result.findings:
        if finding not in unlisted and (verbose or finding.status is not FileStatus.OK or finding.reason):
            _print_finding(finding)
    for line in result.prose:
        _print(f"not an entry  {shown(line.manifest)}:{line.line}  {shown(line.text)}")
    for problem in result.problems:
        _print(Text.assemble(("PROBLEM", "red"), f"  {shown(problem.text)}"))
    for finding in unlisted if verbose else unlisted[:_UNLISTED_SHOWN]:
        _print_finding(finding)
    if len(unlisted) > _UNLISTED_SHOWN and not verbose:
        _print(f"and {len(unlisted) - _UNLISTED_SHOWN} more files that are not listed; --verbose names them")
    for manifest in result.manifests:
        own = [finding for finding in result.findings if finding.manifest == manifest]
        good = sum(finding.status is FileStatus.OK for finding in own)
        _print(f"{shown(manifest)}: {good} of {len(own)} entries verify")
    _print(f"JSON documents: {result.documents}, problems: {len(result.problems)}; files not listed: {len(unlisted)}")
    _print(Text(f"{shown(result.root)}: {outcome.value}", "green" if outcome is Integrity.INTACT else "red"))


def _why_nothing(result: Verification) -> str:
    if result.of_status(FileStatus.WEAK):
        return "the digests that match are of MD5, which can be forged and proves nothing; make a manifest of sha256sum"
    return "no entry of a manifest could be checked"


def _print_finding(finding: EntryFinding) -> None:
    where = f"{shown(finding.manifest)}:{finding.line}  " if finding.manifest is not None else ""
    reason = f": {shown(finding.reason)}" if finding.reason else ""
    status = (finding.status.value, _COLOURS.get(finding.status, "red"))
    _print(Text.assemble(status, f"  {where}{shown(finding.name)}{reason}"))


def _write_json(document: dict[str, object], target: Path, *, force: bool) -> None:
    if target == _STDOUT:
        typer.echo(dump(document), nl=False)
    else:
        write_new(target, dump(document), force=force)


def _print(line: str | Text) -> None:
    Console(soft_wrap=True, highlight=False).print(line, markup=False)
