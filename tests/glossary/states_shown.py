"""Waivers, bundles and wrong calls for the examples of pages: what the commands then print."""

import io
import os
import shlex
import shutil
import sys
import tempfile
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager, redirect_stderr, redirect_stdout, suppress
from functools import cache, partial
from pathlib import Path
from unittest import mock

from nbtrace.cli import main
from tests.glossary.recorded_pairs import WIDTH, picked
from tests.places import ROOT, SUPERVISOR_PAIR

_WAIVERS = {
    "WAIVED": {},
    "EXCEEDED": {"bound": "1e-4"},
    "EXPIRED": {"expiry": "2025-12-31"},
    "XPASS": {"quantity": '"polar"'},
    "UNUSED": {"quantity": '"rot_a_angstrom"'},
    "ELSEWHERE": {"case": '"another*"'},
}
_PLAIN = {
    "quantity": '["rot_a_angstroms", "rot_b_angstroms", "rot_c_angstroms"]',
    "bound": "2e-3",
    "reason": '"the reference keeps the rotation of its last step"',
    "owner": '"jan"',
    "expiry": "2999-12-31",
}


@contextmanager
def _empty_folder() -> Iterator[Path]:
    before = Path.cwd()
    with tempfile.TemporaryDirectory() as name:
        os.chdir(name)
        try:
            yield Path(name)
        finally:
            os.chdir(before)


def printed(*words: str, columns: int = WIDTH) -> tuple[str, str]:
    """Return what a command prints in the current folder, and what it says on standard error."""
    out, err = io.StringIO(), io.StringIO()
    with (
        mock.patch.object(sys, "argv", ["nbtrace", *words]),
        mock.patch.dict(os.environ, {"COLUMNS": str(columns)}),
        redirect_stdout(out),
        redirect_stderr(err),
        suppress(SystemExit),
    ):
        main()
    return out.getvalue(), err.getvalue()


@cache
def run(line: str, columns: int) -> str:
    """Return what a command of a documented example prints, where `examples/` is at hand."""
    with _empty_folder() as folder:
        (folder / "examples").symlink_to(ROOT / "examples")
        out, err = printed(*shlex.split(line), columns=columns)
    return out or err


def _logs(folder: Path) -> None:
    shutil.copy(SUPERVISOR_PAIR / "c.log", folder / "c.log")
    shutil.copy(SUPERVISOR_PAIR / "c_roi_fresh.log", folder / "fresh.log")


def waiver(outcome: str) -> list[str]:
    """Return what `nbtrace diff` says of a waiver with this outcome."""
    with _empty_folder() as folder:
        _logs(folder)
        entries = "".join(f"{key} = {value}\n" for key, value in (_PLAIN | _WAIVERS[outcome]).items())
        (folder / "waivers.toml").write_text(f"[[waiver]]\n{entries}", encoding="utf-8")
        out, _ = printed("diff", "c.log", "fresh.log", "--all")
    if outcome == "ELSEWHERE":
        return picked(out, "^Waivers:")
    head = out.partition("\n\n")[0]
    return picked(head, "^WAIVED|^DIFFER")


def bundle(state: str) -> list[str]:
    """Return what `nbtrace bundle verify` says of a bundle in this state."""
    with _empty_folder() as folder:
        _logs(folder)
        if state == "nothing to verify":
            (folder / "evidence").mkdir()
        else:
            printed("diff", "c.log", "fresh.log", "--bundle", "evidence")
        if state == "not intact":
            (folder / "evidence" / "diff.md").write_text("another report\n", encoding="utf-8")
        out, err = printed("bundle", "verify", "evidence")
    return ["$ nbtrace bundle verify evidence", "…", *(out or err).splitlines()[-1:]]


def wrong_call(*words: str) -> list[str]:
    """Return a call that cannot be made, and what is said of it."""
    with _empty_folder() as folder:
        _logs(folder)
        _, err = printed(*words)
    return [f"$ nbtrace {' '.join(words)}", *err.splitlines()]


STATES: Mapping[str, Callable[[], list[str]]] = {
    **{outcome: partial(waiver, outcome) for outcome in _WAIVERS},
    **{state: partial(bundle, state) for state in ("intact", "not intact", "nothing to verify")},
    "exit 2": partial(wrong_call, "diff", "c.log", "fresh.log", "--tolerance", "x"),
    "exit 3": partial(wrong_call, "diff", "c.log", "lost.log"),
}
"""By the word."""
