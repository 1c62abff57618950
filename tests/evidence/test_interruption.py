"""A writer killed before its n-th change of the disk, for every n; the folder is judged by its bytes."""

import hashlib
import os
import shutil
import socket
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

import pytest

from nbtrace.errors import UsageError
from nbtrace.evidence import Bundle, FileStatus, Integrity, Provenance, Verification, verify
from nbtrace.evidence.lock import writing
from nbtrace.evidence.manifest import read_manifest
from nbtrace.evidence.transaction import MANIFEST_NAME

ORIGIN = Provenance.collect(command=["nbtrace"])
WRITER = """
import os, shutil, signal, sys
from pathlib import Path
from nbtrace.evidence import Bundle, Provenance

CHANGES = {"os.link", "os.rename", "os.remove", "os.mkdir", "os.truncate"}
base, start, extra = (Path(name) for name in sys.argv[1:])

def changes_the_disk(event, arguments):
    writes = os.O_WRONLY | os.O_RDWR
    return event in CHANGES or event == "open" and isinstance(arguments[2], int) and bool(arguments[2] & writes)

def write(root):
    bundle = Bundle.open_or_create(root)
    origin = Provenance.collect(command=["nbtrace"])
    bundle.add_result("diff", metrics={"n": 2}, summary_md="text", provenance=origin, outputs={"t.csv": "1"})
    bundle.add_files([extra], command=["nbtrace", "bundle", "add"])

def write_until_killed(root, left):
    def watch(event, arguments):
        nonlocal left
        if changes_the_disk(event, arguments):
            left -= 1
            if left < 0:
                os.kill(os.getpid(), signal.SIGKILL)
    sys.addaudithook(watch)
    write(root)
    os._exit(0)

if base.exists():
    for root in base.iterdir():
        write(root)
else:
    status, number = None, 0
    while status != 0:
        root = base / f"{number:03}"
        shutil.copytree(start, root) if start.exists() else base.mkdir(exist_ok=True)
        child = os.fork()
        if child == 0:
            write_until_killed(root, number)
        status, number = os.waitpid(child, 0)[1], number + 1
        assert status in {0, signal.SIGKILL}
"""


def writers(base: Path, start: Path, extra: Path) -> list[Path]:
    """Kill a writer per folder below `base`, the n-th before its n-th change; if `base` exists, let each one finish."""
    command = [sys.executable, "-c", WRITER, str(base), str(start), str(extra)]
    done = subprocess.run(command, capture_output=True, check=False)
    assert done.returncode == 0, done.stderr.decode()
    return sorted(base.iterdir())


def on_disk(root: Path) -> set[str]:
    return {path.name for path in root.iterdir()} - {".lock", MANIFEST_NAME}


def bound(path: Path) -> None:
    """Make a socket."""
    with socket.socket(socket.AF_UNIX) as server:
        server.bind(str(path))


def check_every_word(result: Verification, root: Path) -> None:
    """Hold what `verify` says about each file against the file."""
    named = set()
    for finding in result.findings:
        named.add(finding.name)
        path = root / finding.name
        match finding.status:
            case FileStatus.OK:
                line = (root / MANIFEST_NAME).read_text().splitlines()[(finding.line or 0) - 1]
                assert line.split("  ")[0] == hashlib.sha256(path.read_bytes()).hexdigest()
            case FileStatus.INTERRUPTED:
                assert path.exists() != ("is not there" in finding.reason)
            case FileStatus.NOT_LISTED:
                assert finding.name.startswith(".nbtrace-")
            case _:
                pytest.fail(f"{finding.name} is {finding.status.value}")
    assert on_disk(root) <= named
    if (root / MANIFEST_NAME).exists():
        assert result.outcome() is (Integrity.FAULTY if result.of_status(FileStatus.INTERRUPTED) else Integrity.INTACT)
    else:
        assert result.outcome() is Integrity.NOTHING


@pytest.mark.slow
@pytest.mark.parametrize("existing", [False, True])
def test_a_kill_before_any_change_of_the_disk(tmp_path: Path, existing: bool) -> None:
    extra, start, base = tmp_path / "extra.log", tmp_path / "start", tmp_path / "killed"
    extra.write_text("extra")
    before: dict[str, bytes] = {}
    if existing:
        Bundle.open_or_create(start).add_result("diff", metrics={"n": 1}, summary_md="text", provenance=ORIGIN)
        before = {path.name: path.read_bytes() for path in start.iterdir()}
    roots = writers(base, start, extra)
    assert len(roots) > 30
    seen: set[str] = set()
    for root in roots:
        result = verify(root)
        seen |= {finding.reason for finding in result.of_status(FileStatus.INTERRUPTED)}
        check_every_word(result, root)
        for name, content in before.items():
            assert name == MANIFEST_NAME or (root / name).read_bytes().startswith(content)
    assert len(seen) == 3
    for root in writers(base, start, extra):
        after = verify(root)
        assert after.outcome() is Integrity.INTACT
        assert all(item.name.startswith(".nbtrace-") for item in after.of_status(FileStatus.NOT_LISTED))


@pytest.mark.slow
@pytest.mark.skipif(shutil.which("sha256sum") is None, reason="sha256sum is not installed")
def test_sha256sum_accepts_the_manifest_at_every_moment(tmp_path: Path) -> None:
    (tmp_path / "extra.log").write_text("extra")
    accepted = set()
    for root in writers(tmp_path / "killed", tmp_path / "start", tmp_path / "extra.log"):
        if (root / MANIFEST_NAME).exists() and read_manifest(root / MANIFEST_NAME).digests():
            done = subprocess.run(
                ["sha256sum", "-c", "--strict", MANIFEST_NAME], cwd=root, capture_output=True, text=True, check=False
            )
            assert done.returncode == 0, done.stderr
            accepted.add(done.stdout)
    assert any("extra.log: OK" in output for output in accepted)
    assert len(accepted) > 1


def test_recovery_says_what_was_lost(tmp_path: Path) -> None:
    bundle = Bundle.open_or_create(tmp_path)
    (tmp_path / "done.log").write_text("done")
    digest = hashlib.sha256(b"done").hexdigest()
    with (tmp_path / MANIFEST_NAME).open("a") as stream:
        stream.write(f"# pending: {digest}  done.log\n# pending: {digest}  lost one.log\n")
    reasons = {finding.name: finding.reason for finding in verify(tmp_path).of_status(FileStatus.INTERRUPTED)}
    assert reasons == {
        "done.log": "is whole; its entry was not written yet",
        "lost one.log": "was about to be written and is not there",
    }
    bundle.add_result("diff", metrics={}, summary_md="", provenance=ORIGIN)
    assert verify(tmp_path).outcome(strict=True) is Integrity.INTACT
    text = (tmp_path / "commands.txt").read_text()
    assert " after an interruption: listed done.log; never written: 'lost one.log'\n" in text


def test_a_half_written_file_is_not_taken_for_whole(tmp_path: Path) -> None:
    bundle = Bundle.open_or_create(tmp_path)
    (tmp_path / "half.log").write_text("ha")
    with (tmp_path / MANIFEST_NAME).open("a") as stream:
        stream.write(f"# pending: {hashlib.sha256(b'half').hexdigest()}  half.log\n")
    for _ in range(2):
        assert [finding.name for finding in verify(tmp_path).of_status(FileStatus.MISMATCH)] == ["half.log"]
        bundle.add_result("diff", metrics={}, summary_md="", provenance=ORIGIN)


def started_run(root: Path, child: str) -> "subprocess.Popen[bytes]":
    """Start a process that runs the Python code `child` into the bundle `root`."""
    code = (
        "import sys; from pathlib import Path; from nbtrace.evidence import Bundle\n"
        f"Bundle.open_or_create(Path({str(root)!r})).run([sys.executable, '-c', {child!r}], echo=(None, None))"
    )
    return subprocess.Popen([sys.executable, "-c", code], stdin=subprocess.PIPE)


KILLS_ITS_RUN = "import os; print(1, flush=True); os.kill(os.getppid(), 9)"


@pytest.mark.parametrize("remove_output", [False, True])
def test_a_run_that_was_killed_is_interrupted_for_ever(tmp_path: Path, remove_output: bool) -> None:
    process = started_run(tmp_path, KILLS_ITS_RUN)
    process.communicate()
    assert process.returncode == -9
    left = list(tmp_path.glob(".nbtrace-*.tmp"))
    assert len(left) == 2
    if remove_output:
        for path in left:
            path.unlink()
    for _ in range(2):
        result = verify(tmp_path)
        assert result.outcome() is Integrity.FAULTY
        (run,) = result.of_status(FileStatus.INTERRUPTED)
        assert (run.manifest, run.line) == ("commands.txt", 1)
        assert run.name.startswith(sys.executable)
        assert "never ended" in run.reason
        unlisted = result.of_status(FileStatus.NOT_LISTED)
        assert {item.name for item in unlisted} == {path.name for path in left if not remove_output}
        Bundle.open(tmp_path).run(["true"], echo=(None, None))


@pytest.mark.parametrize("remove_output", [False, True])
def test_a_run_that_was_killed_can_be_closed(tmp_path: Path, remove_output: bool) -> None:
    started_run(tmp_path, KILLS_ITS_RUN).communicate()
    if remove_output:
        for path in tmp_path.glob(".nbtrace-*.tmp"):
            path.unlink()
    bundle = Bundle.open(tmp_path)
    (closed,) = bundle.close()
    assert closed.command.startswith(f"{sys.executable} -c ")
    names = [] if remove_output else ["interrupted_stdout.txt", "interrupted_stderr.txt"]
    assert [path.name for path in closed.written] == names
    if not remove_output:
        # What comes out of a program in the moment in which it kills is kept or not, as it happens.
        assert closed.written[0].read_text() in {"", "1", "1\n"}
    assert verify(tmp_path).outcome(strict=True) is Integrity.INTACT
    assert not list(tmp_path.glob(".nbtrace-*.tmp"))
    done = subprocess.run(
        ["sha256sum", "-c", "--strict", MANIFEST_NAME], cwd=tmp_path, capture_output=True, check=False
    )
    assert done.returncode == 0, done.stderr
    before = {path.name: path.read_bytes() for path in tmp_path.iterdir()}
    assert bundle.close() == []
    assert {path.name: path.read_bytes() for path in tmp_path.iterdir()} == before


def test_closing_leaves_a_run_that_goes_on(tmp_path: Path) -> None:
    root, ready = tmp_path / "b", tmp_path / "ready"
    os.mkfifo(ready)
    process = started_run(root, f"import sys; open({str(ready)!r}, 'w').close(); print(sys.stdin.read())")
    ready.read_bytes()
    assert Bundle.open(root).close() == []
    assert len(verify(root).of_status(FileStatus.UNDER_WAY)) == 1
    process.communicate(b"words")
    assert process.returncode == 0
    assert (root / "stdout.txt").read_text() == "words\n"
    assert verify(root).outcome(strict=True) is Integrity.INTACT


def test_closing_lists_no_link_in_place_of_output(tmp_path: Path) -> None:
    started_run(tmp_path, KILLS_ITS_RUN).communicate()
    secret = tmp_path.parent / "secret"
    secret.write_text("secret")
    for path in tmp_path.glob(".nbtrace-*.tmp"):
        path.unlink()
        path.symlink_to(secret)
    (closed,) = Bundle.open(tmp_path).close()
    assert closed.written == ()


def test_a_run_that_goes_on_is_no_fault_until_it_is_killed(tmp_path: Path) -> None:
    root, ready = tmp_path / "b", tmp_path / "ready"
    os.mkfifo(ready)
    process = started_run(root, f"import sys; open({str(ready)!r}, 'w').close(); print(sys.stdin.read())")
    try:
        ready.read_bytes()
        during = verify(root)
        assert during.outcome() is Integrity.INTACT
        assert [item.manifest for item in during.of_status(FileStatus.UNDER_WAY)] == ["commands.txt"]
        copy = shutil.copytree(root, tmp_path / "copy")
        assert [item.manifest for item in verify(copy).of_status(FileStatus.INTERRUPTED)] == ["commands.txt"]
    finally:
        process.kill()
        process.communicate()
    after = verify(root)
    assert after.outcome() is Integrity.FAULTY
    assert len(after.of_status(FileStatus.INTERRUPTED)) == 1


def test_a_run_that_ends_is_whole_for_whoever_verifies_from_inside(tmp_path: Path) -> None:
    child = f"from nbtrace.evidence import verify; from pathlib import Path; print(verify(Path({str(tmp_path)!r})))"
    Bundle.open_or_create(tmp_path).run([sys.executable, "-c", child], echo=(None, None))
    assert "FileStatus.UNDER_WAY" in (tmp_path / "stdout.txt").read_text()
    assert verify(tmp_path).outcome(strict=True) is Integrity.INTACT


def test_a_run_that_removes_its_own_output_is_interrupted(tmp_path: Path) -> None:
    bundle = Bundle.open_or_create(tmp_path)
    with pytest.raises(UsageError, match="cannot be written"):
        bundle.run(["sh", "-c", f"echo text; rm {tmp_path}/.nbtrace-*.tmp"], echo=(None, None))
    (run,) = verify(tmp_path).of_status(FileStatus.INTERRUPTED)
    assert run.name.startswith("sh -c 'echo text; rm ")


def test_an_end_may_stand_in_the_next_command_log(tmp_path: Path) -> None:
    log = tmp_path / "commands.txt"
    bundle = Bundle.open_or_create(tmp_path)
    bundle.run(["sh", "-c", f"echo edited >> {log}"], echo=(None, None))
    assert (tmp_path / "commands_rerun1.txt").is_file()
    result = verify(tmp_path)
    assert [item.name for item in result.of_status(FileStatus.MISMATCH)] == ["commands.txt"]
    assert not result.of_status(FileStatus.INTERRUPTED)


def test_a_command_log_that_cannot_be_read_is_no_end_of_the_verification(tmp_path: Path) -> None:
    Bundle.open_or_create(tmp_path).run(["true"], echo=(None, None))
    (tmp_path / "commands.txt").unlink()
    (tmp_path / "commands.txt").symlink_to("/dev/zero")
    assert [item.name for item in verify(tmp_path).of_status(FileStatus.UNREADABLE)] == ["commands.txt"]


@pytest.mark.parametrize("name", ["../outside", "sub/inside", "..", ".", "x" * 300, "nul\0", "/etc/passwd"])
def test_a_pending_name_that_is_not_of_the_folder_is_reported_and_not_followed(tmp_path: Path, name: str) -> None:
    bundle = Bundle.open_or_create(tmp_path / "b")
    (tmp_path / "outside").write_text("secret")
    (bundle.root / "sub").mkdir()
    (bundle.root / "sub" / "inside").write_text("secret")
    line = f"# pending: {hashlib.sha256(b'secret').hexdigest()}  {name}"
    with (bundle.root / MANIFEST_NAME).open("a") as stream:
        stream.write(f"{line}\n")
    for _ in range(2):
        found = verify(bundle.root)
        assert [item.name for item in found.of_status(FileStatus.DAMAGED)] == [line]
        assert found.outcome() is Integrity.FAULTY
        bundle.add_result("diff", metrics={}, summary_md="", provenance=ORIGIN)
        assert name not in read_manifest(bundle.root / MANIFEST_NAME).digests()
        assert "interruption" not in (bundle.root / "commands.txt").read_text()


def test_recovery_follows_no_link(tmp_path: Path) -> None:
    bundle = Bundle.open_or_create(tmp_path / "b")
    (tmp_path / "outside").write_text("secret")
    (bundle.root / "link").symlink_to(tmp_path / "outside")
    with (bundle.root / MANIFEST_NAME).open("a") as stream:
        stream.write(f"# pending: {hashlib.sha256(b'secret').hexdigest()}  link\n")
    assert verify(bundle.root).outcome() is Integrity.FAULTY
    bundle.add_result("diff", metrics={}, summary_md="", provenance=ORIGIN)
    assert "link" not in read_manifest(bundle.root / MANIFEST_NAME).digests()


@pytest.mark.parametrize("target", ["outside", "sub", "nothing/here"])
def test_a_lock_that_is_a_link_makes_no_file_elsewhere(tmp_path: Path, target: str) -> None:
    root = tmp_path / "b"
    bundle = Bundle.open_or_create(root)
    (tmp_path / "sub").mkdir()
    (root / ".lock").unlink()
    (root / ".lock").symlink_to(tmp_path / target)
    before = {path.name: path.read_bytes() for path in root.iterdir() if path.is_file()}
    with pytest.raises(UsageError, match=r"\.lock is a link or no regular file.*; remove it"):
        bundle.add_result("diff", metrics={}, summary_md="", provenance=ORIGIN)
    assert sorted(path.name for path in tmp_path.iterdir()) == ["b", "sub"]
    assert {path.name: path.read_bytes() for path in root.iterdir() if path.is_file()} == before
    assert [item.name for item in verify(root).of_status(FileStatus.NOT_LISTED)] == [".lock"]


@pytest.mark.parametrize("name", ["gone", "x" * 300])
def test_a_folder_that_cannot_be_locked_is_one_line(tmp_path: Path, name: str) -> None:
    with pytest.raises(UsageError, match=f"{name} cannot be written"), writing(tmp_path / name):
        pass


@pytest.mark.parametrize("make", [os.mkfifo, os.mkdir, bound])
def test_a_lock_that_is_no_file_is_one_line(tmp_path: Path, make: Callable[[Path], object]) -> None:
    bundle = Bundle.open_or_create(tmp_path)
    (tmp_path / ".lock").unlink()
    make(tmp_path / ".lock")
    with pytest.raises(UsageError, match=r"\.lock is a link or no regular file"):
        bundle.add_result("diff", metrics={}, summary_md="", provenance=ORIGIN)


def test_a_full_disk_is_one_line_and_loses_nothing(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    bundle = Bundle.open_or_create(tmp_path)
    before = {path.name: path.read_bytes() for path in tmp_path.iterdir()}

    def full(*_: object, **__: object) -> None:
        raise OSError(28, os.strerror(28))

    with monkeypatch.context() as patch:
        patch.setattr(os, "fsync", full)
        with pytest.raises(UsageError, match="cannot be written: No space left on device"):
            bundle.add_result("diff", metrics={}, summary_md="", provenance=ORIGIN)
    assert {path.name: path.read_bytes() for path in tmp_path.iterdir()} == before
