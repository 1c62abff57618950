"""Proofs that can be asked for: where a log was captured from a program that is still there, and a root is triable."""

import shlex
import shutil
from collections.abc import Iterator
from pathlib import Path

from nbtrace.capturing.capture_origin import CaptureOrigin, read_origin
from nbtrace.capturing.probe import ProbeFile
from nbtrace.capturing.probe_file import read_probe_file
from nbtrace.capturing.python_command import PythonCommand, python_command
from nbtrace.errors import NbtraceError
from nbtrace.explanation.audit.findings import AuditStatus
from nbtrace.explanation.audit.roots import Root
from nbtrace.explanation.explain import Explanation
from nbtrace.files import sha256_of
from nbtrace.proving.flag_runs import flag_change
from nbtrace.proving.injected_values import UntriedError, wanted_values
from nbtrace.records import Side
from nbtrace.vocabulary import registry

_SHIPPED = "probes"
"""The subject under which a vocabulary names the probes that come with it."""

_MOST_OPTIONS = 4000
"""Letters of a command that is offered; nobody reads a longer one."""


def offered_proofs(result: Explanation) -> Iterator[str]:
    """Yield what `nbtrace explain` is given behind two logs to ask a program: the reference, else the port.

    Nothing is offered that is known not to come to a proof: no root can be tried, the program is another one by now,
    no probe gives the quantity, or gdb is missing.
    """
    if not result.comparable or not result.ranked:
        return
    root = result.ranked[0][0]
    if root.status is AuditStatus.LOG_ONLY:
        return
    for host, trace in ((Side.C, result.diff.c), (Side.PY, result.diff.py)):
        if result.proof_in(host) is not None:
            continue
        try:
            options = _options(result, root, host, Path(trace.source))
        except (NbtraceError, OSError, ValueError):
            continue
        if options and len(options) <= _MOST_OPTIONS:
            yield options
            return


def _options(result: Explanation, root: Root, host: Side, log: Path) -> str:
    """Return the options; empty where nothing can be proven."""
    origin = read_origin(log) if log.is_file() else None
    if origin is None:
        return ""
    program = Path(origin.command[0])
    python = python_command(program, origin.command[1:])
    if not _is_the_program(origin, program, python):
        return ""
    file = _probe_file(origin, result)
    if file is None:
        return ""
    flagged = host is Side.C and flag_change(result, [root], origin.command[1:]) is not None
    if not flagged and not _can_be_written(result, root, host, file, by_gdb=python is None):
        return ""
    turns = list(_turns(origin, file))
    if host is Side.PY:
        words = ["--prove-port", shlex.join(origin.command), "--port-probes", origin.probes, *turns]
        return shlex.join(words) if origin.probes else ""
    words = ["--prove", origin.command[0], *(["--probes", origin.probes] if origin.probes else []), *turns]
    return shlex.join(words) + (f" -- {shlex.join(origin.command[1:])}" if origin.command[1:] else "")


def _probe_file(origin: CaptureOrigin, result: Explanation) -> ProbeFile | None:
    """Return the probes with which a log was captured; None where the vocabulary comes with none by now."""
    if origin.probes:
        return read_probe_file(Path(origin.probes))
    shipped: Path | None = registry.knowledge(result.audit.vocabulary, _SHIPPED, None)
    return None if shipped is None else read_probe_file(shipped, shipped=True)


def _is_the_program(origin: CaptureOrigin, program: Path, python: PythonCommand | None) -> bool:
    """Whether the program of a log is there, with the digest that it had."""
    if shutil.which(program) is None:
        return False
    if python is None:
        return sha256_of(program) == origin.sha256
    script = python.script
    return script is not None and Path(script).is_file() and sha256_of(Path(script)) == origin.sha256


def _can_be_written(result: Explanation, root: Root, host: Side, file: ProbeFile, *, by_gdb: bool) -> bool:
    """Whether the values of a root are known, and probes give them from variables of the program."""
    if root.settings or (by_gdb and shutil.which("gdb") is None):
        return False
    try:
        nodes = wanted_values(result.audit, root, host)
    except UntriedError:
        return False
    writable = {
        quantity.name
        for _, quantity in file.quantities
        if all(expression.target() is not None for expression in quantity.expressions)
    }
    records = result.audit.scenes[host].records
    return all(node in records and records[node].key in writable for node in nodes)


def _turns(origin: CaptureOrigin, file: ProbeFile) -> Iterator[str]:
    """Yield the selected turns as options: the pixel, and those of other loops."""
    pixel = file.selection.pixel or ()
    names = [name.partition(":")[0] for name in pixel]
    if names and all(name in origin.at for name in names):
        yield from ("--pixel", *(str(origin.at[name]) for name in names))
    for name, turn in origin.at.items():
        if name not in names:
            yield from ("--at", f"{name}={turn}")
