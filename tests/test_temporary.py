"""Unfinished files: those of processes that have ended go, and no others."""

import os
import re
import shutil
import signal
import subprocess
import sys
import time
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import pytest

from nbtrace import temporary
from nbtrace.files import write_new
from nbtrace.temporary import TEMPORARY_PATTERN, Owner, lasting_in, remove_stale, temporary_folder, temporary_in

SLEEPS = "import time; time.sleep(600)"


@pytest.fixture(autouse=True)
def _nothing_was_looked_at() -> None:
    temporary._remove_stale_once.cache_clear()


@pytest.fixture
def ended() -> Owner:
    """A process of this machine that has ended."""
    code = "from nbtrace.temporary import Owner; print(Owner.current())"
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    owner = Owner.of(f"nbtrace-{done.stdout.strip()}_x")
    assert owner is not None
    return owner


@pytest.fixture
def running() -> Iterator["subprocess.Popen[bytes]"]:
    process = subprocess.Popen([sys.executable, "-c", SLEEPS])
    yield process
    process.kill()
    process.wait()


def owner_of(pid: int) -> Owner:
    """Return a process by its number, as `ps` and the kernel name it."""
    started = Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()[19]
    return replace(Owner.current(), pid=pid, start=int(started))


def left_by(owner: Owner, folder: Path) -> Path:
    path = folder / f".nbtrace-{owner}_0123.tmp"
    path.write_text("half")
    return path


def test_a_name_tells_its_process(tmp_path: Path) -> None:
    path = temporary_in(tmp_path)
    assert path.match(TEMPORARY_PATTERN)
    assert Owner.of(path.name) == Owner.current()
    assert Owner.current().pid == os.getpid()
    assert path != temporary_in(tmp_path)
    assert re.fullmatch(r"\.nbtrace-\w+\.tmp", path.name, re.ASCII)  # as commands.txt names them
    with temporary_folder() as folder:
        assert Owner.of(folder.name) == Owner.current()
        (folder / "file").write_text("x")
    assert not folder.exists()


def test_what_an_ended_process_left_goes_with_the_next_write(tmp_path: Path, ended: Owner) -> None:
    left = left_by(ended, tmp_path)
    write_new(tmp_path / "new.txt", "whole")
    assert not left.exists()
    assert [path.name for path in tmp_path.iterdir()] == ["new.txt"]


def test_what_anybody_else_left_stays(tmp_path: Path, ended: Owner, running: "subprocess.Popen[bytes]") -> None:
    alive = owner_of(running.pid)
    assert not alive.is_gone()
    kept = [
        left_by(Owner.current(), tmp_path),
        left_by(alive, tmp_path),
        left_by(replace(ended, system="0123456789ab"), tmp_path),  # another machine's
        left_by(replace(ended, pid=1), tmp_path) if owner_of(1).start == 0 else left_by(owner_of(1), tmp_path),
    ]
    for name in (".nbtrace-0123456789abcdef.tmp", "nbtrace-notes", f".nbtrace-{ended}_0123.tmp.txt", "x.tmp"):
        kept.append(tmp_path / name)
        kept[-1].write_text("somebody's")
    kept.append(lasting_in(tmp_path))
    kept[-1].write_text("output of a run")
    remove_stale(tmp_path)
    assert sorted(tmp_path.iterdir()) == sorted(kept)


@pytest.mark.skipif(not Path("/proc/self/stat").exists(), reason="this system does not tell when a process started")
def test_a_number_that_is_used_again_is_another_process(running: "subprocess.Popen[bytes]") -> None:
    alive = owner_of(running.pid)
    assert replace(alive, start=alive.start - 1).is_gone()
    assert not replace(alive, start=0).is_gone()
    running.kill()
    until = time.monotonic() + 60
    while not alive.is_gone() and time.monotonic() < until:  # killed, and not waited for: a zombie
        time.sleep(0.01)
    assert alive.is_gone()


def test_a_link_is_removed_and_not_followed(tmp_path: Path, ended: Owner) -> None:
    folder = tmp_path / "somebody's"
    folder.mkdir()
    (folder / "file").write_text("x")
    link = tmp_path / f"nbtrace-{ended}_0123"
    link.symlink_to(folder)
    remove_stale(tmp_path)
    assert not link.is_symlink()
    assert (folder / "file").exists()


def test_a_killed_command_leaves_what_the_next_one_removes(tmp_path: Path) -> None:
    program, child, folder = tmp_path / "nanoBragg", tmp_path / "child", tmp_path / "temporary"
    program.write_text(f"#!/bin/sh\necho $$ > {child}.new; mv {child}.new {child}; exec sleep 600\n")
    program.chmod(0o755)
    folder.mkdir()
    flags = "-cell 100 100 100 90 90 90 -default_F 100 -N 5 -lambda 1 -distance 100 -detpixels 8"
    nbtrace = [sys.executable, "-m", "nbtrace"]
    variables = {**os.environ, "TMPDIR": str(folder), "PYTHONPATH": os.pathsep.join(filter(None, sys.path))}
    running = subprocess.Popen([*nbtrace, "trust", "--ref", str(program), "--", *flags.split()], env=variables)
    until = time.monotonic() + 60
    while not child.exists() and time.monotonic() < until:
        time.sleep(0.05)
    assert list(folder.iterdir())
    subprocess.run([*nbtrace, "check", "missing"], env=variables, capture_output=True, check=False)
    assert list(folder.iterdir()), "a command removed what another one is using"
    running.send_signal(signal.SIGKILL)
    running.wait()
    os.kill(int(child.read_text()), signal.SIGKILL)
    assert list(folder.iterdir())
    subprocess.run([*nbtrace, "check", "missing"], env=variables, capture_output=True, check=False)
    assert not list(folder.iterdir())
    shutil.rmtree(folder)
