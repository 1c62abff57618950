"""A writer killed before its n-th change of the disk, for every n; the folder is judged by its bytes."""

import hashlib
import os
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

from nbtrace.errors import UsageError
from nbtrace.evidence import Bundle, FileStatus, Outcome, Provenance, Verification, verify
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
        assert result.outcome() is (Outcome.FAULTY if result.of_status(FileStatus.INTERRUPTED) else Outcome.INTACT)
    else:
        assert result.outcome() is Outcome.NOTHING


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
        assert after.outcome() is Outcome.INTACT
        assert all(item.name.startswith(".nbtrace-") for item in after.of_status(FileStatus.NOT_LISTED))


@pytest.mark.skipif(shutil.which("sha256sum") is None, reason="sha256sum is not installed")
def test_sha256sum_accepts_the_manifest_at_every_moment(tmp_path: Path) -> None:
    (tmp_path / "extra.log").write_text("extra")
    for root in writers(tmp_path / "killed", tmp_path / "start", tmp_path / "extra.log"):
        if (root / MANIFEST_NAME).exists() and read_manifest(root / MANIFEST_NAME).digests():
            subprocess.run(["sha256sum", "-c", "--strict", MANIFEST_NAME], cwd=root, capture_output=True, check=True)


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
    assert verify(tmp_path).outcome(strict=True) is Outcome.INTACT
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


def test_a_run_that_was_killed_has_its_start_on_record(tmp_path: Path) -> None:
    code = (
        "import sys; from pathlib import Path; from nbtrace.evidence import Bundle\n"
        "child = 'import os, sys; print(1, flush=True); os.kill(os.getppid(), 9)'\n"
        f"Bundle.open_or_create(Path({str(tmp_path)!r})).run([sys.executable, '-c', child], echo=(None, None))"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, check=False)
    assert done.returncode == -9
    assert [line.split()[0] for line in (tmp_path / "commands.txt").read_text().splitlines()] == ["#", sys.executable]
    result = verify(tmp_path)
    assert result.outcome() is Outcome.INTACT
    assert [item.reason for item in result.of_status(FileStatus.NOT_LISTED)] == [
        "of a write or a run that goes on or was interrupted"
    ] * 2


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
