import hashlib
import json
import multiprocessing
import os
import re
import shlex
import shutil
import subprocess
import sys
from datetime import UTC, datetime
from io import BytesIO
from pathlib import Path
from typing import Any

import pytest
from hypothesis import HealthCheck, example, given, settings
from hypothesis import strategies as st

from nbtrace.errors import InputError, UsageError
from nbtrace.evidence import Bundle, FileRecord, FileStatus, Integrity, Provenance, verify
from nbtrace.evidence.manifest import read_manifest

SHA256SUM = pytest.mark.skipif(shutil.which("sha256sum") is None, reason="sha256sum is not installed")
STARTED = datetime(2025, 10, 8, 21, 26, 30, tzinfo=UTC)


def result(bundle: Bundle, **changes: Any) -> list[str]:
    origin = {key: changes.pop(key) for key in ("inputs", "time", "dtype") if key in changes}
    provenance = Provenance.collect(command=["nbtrace", "diff"], **origin)
    values = {"metrics": {"num_divergent": 0}, "summary_md": "# Title\n\nText\n"}
    return [path.name for path in bundle.add_result("diff", provenance=provenance, **values | changes)]


def intact(root: Path) -> bool:
    """Tell whether every file is listed and verifies, for nbtrace and for an independent reader of the manifest."""
    lines = (root / "sha256.txt").read_text().splitlines()
    listed = {name: digest for digest, name in (line.split("  ", 1) for line in lines)}
    actual = {
        path.name: hashlib.sha256(path.read_bytes()).hexdigest()
        for path in root.iterdir()
        if path.name not in {"sha256.txt", ".lock"}
    }
    return listed == actual and len(lines) == len(listed) and verify(root).outcome(strict=True) is Integrity.INTACT


def test_a_new_bundle_holds_its_environment_and_nothing_else(tmp_path: Path) -> None:
    bundle = Bundle.open_or_create(tmp_path / "deep" / "evidence")
    names = {file.name for file in bundle.contents()}
    assert names == {"env.json", "git_sha.txt", "summary.md", "commands.txt", "sha256.txt"}
    assert (bundle.root / "summary.md").read_text() == "# Evidence: evidence\n"
    assert intact(bundle.root)
    before = {path.name: path.read_bytes() for path in bundle.root.iterdir()}
    Bundle.open_or_create(bundle.root)
    assert {path.name: path.read_bytes() for path in bundle.root.iterdir()} == before


def test_a_result_and_where_it_comes_from(tmp_path: Path) -> None:
    log = tmp_path / "c.log"
    log.write_text("TRACE_C: k 1\n")
    bundle = Bundle.open_or_create(tmp_path / "evidence")
    written = result(
        bundle,
        metrics={"ratio": float("nan"), "path": log},
        inputs=[log],
        outputs={"table.csv": "a,b\n"},
        time=STARTED,
        exit_code=1,
        wall_seconds=0.25,
        dtype="float64",
    )
    assert written[:6] == [
        "diff.json",
        "diff.md",
        "metrics.json",
        "table.csv",
        "env_rerun1.json",
        "run_metadata.json",
    ]
    assert written[6:] == ["summary.md", "commands.txt"]
    root = bundle.root
    metrics = json.loads((root / "metrics.json").read_text())
    assert (root / "diff.json").read_bytes() == (root / "metrics.json").read_bytes()
    assert metrics == {"ratio": None, "path": str(log), "not_finite": {"ratio": "nan"}}
    document = json.loads((root / "run_metadata.json").read_text())
    assert (document["result"], document["exit_code"], document["timestamp"]) == ("diff", 1, "2025-10-08T21:26:30.000Z")
    assert document["inputs"][0]["sha256"] == hashlib.sha256(log.read_bytes()).hexdigest()
    outputs = {item["path"]: item["sha256"] for item in document["outputs"]}
    assert outputs["metrics.json"] == hashlib.sha256((root / "metrics.json").read_bytes()).hexdigest()
    assert outputs["table.csv"] == hashlib.sha256(b"a,b\n").hexdigest()
    lines = (root / "commands.txt").read_text().splitlines()
    folder = shlex.quote(str(Path.cwd()))
    wrote = " ".join(written[:6])
    assert lines[0].endswith(f" exit 1, wall 0.250 s, started 2025-10-08T21:26:30.000Z, wrote {wrote}, in {folder}")
    assert lines[1:] == ["nbtrace diff"]
    assert intact(root)


def test_a_second_result_overwrites_nothing(tmp_path: Path) -> None:
    bundle = Bundle.open_or_create(tmp_path)
    result(bundle, metrics={"n": 1})
    first = {path.name: path.read_bytes() for path in tmp_path.iterdir()}
    written = result(bundle, metrics={"n": 2}, summary_md="## Second\n")
    assert written == [
        "diff_2.json",
        "diff_2.md",
        "metrics_rerun1.json",
        "run_metadata_rerun1.json",
        "summary.md",
        "commands.txt",
    ]
    for name, content in first.items():
        grown = (tmp_path / name).read_bytes()
        assert (
            grown == content
            or (name in {"summary.md", "commands.txt"} and grown.startswith(content))
            or (name == "sha256.txt")
        )
    assert json.loads((tmp_path / "metrics_rerun1.json").read_text()) == {"n": 2}
    assert intact(tmp_path)


def test_headings_go_under_the_dated_one_and_code_stays(tmp_path: Path) -> None:
    text = "# Title\n\n##### Deep\n\nC # no heading\n\n```\n# code\n```\n\n## After\n"
    result(Bundle.open_or_create(tmp_path), summary_md=text, time=STARTED)
    lines = (tmp_path / "summary.md").read_text().splitlines()
    assert [line for line in lines if "#" in line] == [
        f"# Evidence: {tmp_path.name}",
        "## 2025-10-08T21:26:30.000Z diff",
        "### Title",
        "###### Deep",
        "C # no heading",
        "# code",
        "#### After",
    ]


def test_a_result_that_was_changed_and_listed_anew_contradicts_its_metadata(tmp_path: Path) -> None:
    result(Bundle.open_or_create(tmp_path))
    old, new = (tmp_path / "metrics.json").read_bytes(), b"{}"
    (tmp_path / "metrics.json").write_bytes(new)
    manifest = (tmp_path / "sha256.txt").read_text()
    old_digest, new_digest = (hashlib.sha256(content).hexdigest() for content in (old, new))
    (tmp_path / "sha256.txt").write_text(manifest.replace(f"{old_digest}  metrics.json", f"{new_digest}  metrics.json"))
    found = verify(tmp_path)
    assert {finding.status for finding in found.findings} == {FileStatus.OK}
    (problem,) = found.problems
    assert problem.text.startswith("run_metadata.json: was written with a metrics.json of sha256 " + old_digest[:12])
    assert found.outcome() is Integrity.FAULTY


def test_commands_are_in_order_of_time(tmp_path: Path) -> None:
    bundle = Bundle.open_or_create(tmp_path)
    result(bundle)
    result(bundle, time=STARTED)
    run(bundle, "")
    times = [line.split()[1] for line in (tmp_path / "commands.txt").read_text().splitlines() if line.startswith("#")]
    assert times == sorted(times)
    assert len(times) == 4


def test_an_edited_summary_stays_for_verify_to_report(tmp_path: Path) -> None:
    bundle = Bundle.open_or_create(tmp_path)
    (tmp_path / "summary.md").write_text("edited by hand\n")
    assert "summary_rerun1.md" in result(bundle)
    assert (tmp_path / "summary.md").read_text() == "edited by hand\n"
    assert "summary_rerun1.md" in result(bundle)
    faults = [finding for finding in verify(tmp_path).findings if finding.status is not FileStatus.OK]
    assert [(finding.name, finding.status) for finding in faults] == [("summary.md", FileStatus.MISMATCH)]


def test_a_failing_result_leaves_the_bundle_as_it_was(tmp_path: Path) -> None:
    bundle = Bundle.open_or_create(tmp_path / "b")
    before = {path.name: path.read_bytes() for path in bundle.root.iterdir()}
    with pytest.raises(UsageError, match="'sub/table' is no name"):
        result(bundle, outputs={"sub/table": "a"})
    with pytest.raises(TypeError):
        result(bundle, outputs={"table.csv": "a"}, metrics={"bad": object()})
    with pytest.raises(UsageError, match="is no name for a file of the bundle"):
        result(bundle, outputs={"x" * 300: "a"})
    assert {path.name: path.read_bytes() for path in bundle.root.iterdir()} == before


def test_files_are_copied_and_the_same_file_once(tmp_path: Path) -> None:
    sources = [tmp_path / "one" / "trace.log", tmp_path / "two" / "trace.log", tmp_path / "two" / "link.log"]
    for source in sources[:2]:
        source.parent.mkdir()
        source.write_text(source.parent.name)
    sources[2].symlink_to("trace.log")
    bundle = Bundle.open_or_create(tmp_path / "b")
    assert [record.path for record in bundle.add_files(sources)] == ["trace.log", "trace_rerun1.log", "link.log"]
    assert [record.path for record in bundle.add_files(sources[:1])] == ["trace.log"]
    assert not (bundle.root / "link.log").is_symlink()
    assert [(bundle.root / name).read_text() for name in ("trace.log", "trace_rerun1.log", "link.log")] == [
        "one",
        "two",
        "two",
    ]
    assert all(source.exists() for source in sources)
    assert intact(bundle.root)


def test_a_file_called_dash_is_a_file(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    Path("-").write_text("a")
    Bundle.open_or_create(Path("b")).add_files([Path("-")])
    assert Path("b/-").read_text() == "a"


def test_adding_nothing_new_writes_nothing(tmp_path: Path) -> None:
    source = tmp_path / "a.log"
    source.write_text("a")
    bundle = Bundle.open_or_create(tmp_path / "b")
    bundle.add_files([source])
    before = {path.name: path.read_bytes() for path in bundle.root.iterdir()}
    bundle.add_files([source])
    assert {path.name: path.read_bytes() for path in bundle.root.iterdir()} == before


def test_files_of_the_folder_are_listed_where_they_are(tmp_path: Path) -> None:
    bundle = Bundle.open_or_create(tmp_path)
    (tmp_path / "sub").mkdir()
    (tmp_path / "sub" / "a.log").write_text("a")
    everything = [tmp_path / "sub" / "a.log", *sorted(tmp_path.glob("*.txt"))]
    records = bundle.add_files(everything)
    assert [record.path for record in records] == ["sub/a.log", "commands.txt", "git_sha.txt", "sha256.txt"]
    assert records[-1].reason == "belongs to the bundle and has no entry"
    assert "sub/a.log" in read_manifest(tmp_path / "sha256.txt").digests()
    assert verify(tmp_path).outcome(strict=True) is Integrity.INTACT
    (tmp_path / "sub" / "a.log").write_text("b")
    with pytest.raises(UsageError, match=r"a\.log is not what sha256\.txt says"):
        bundle.add_files(everything)


def test_an_unlisted_commands_file_is_listed_with_its_new_lines(tmp_path: Path) -> None:
    Bundle.open_or_create(tmp_path)
    lines = (tmp_path / "sha256.txt").read_text().splitlines(keepends=True)
    (tmp_path / "sha256.txt").write_text("".join(line for line in lines if "commands" not in line))
    Bundle.open(tmp_path).add_files([tmp_path / "commands.txt"])
    assert intact(tmp_path)


def test_a_foreign_folder_is_taken_over_without_a_change(tmp_path: Path) -> None:
    (tmp_path / "notes.md").write_text("mine")
    (tmp_path / "env.json").write_text("not JSON of ours")
    (tmp_path / "commands.txt").write_text("make")
    bundle = Bundle.open_or_create(tmp_path)
    assert (tmp_path / "env.json").read_text() == "not JSON of ours"
    assert (tmp_path / "commands.txt").read_text() == "make"
    assert (tmp_path / "env_rerun1.json").exists()
    foreign = {"notes.md", "env.json", "commands.txt"}
    assert {file.name for file in bundle.contents() if not file.listed} == foreign | {"sha256.txt"}
    result(bundle)
    assert (tmp_path / "commands_rerun1.txt").read_text().count("nbtrace diff\n") == 1
    assert {finding.name for finding in verify(tmp_path).of_status(FileStatus.NOT_LISTED)} == foreign


def test_an_entry_with_a_dot_is_that_of_the_same_file(tmp_path: Path) -> None:
    bundle = Bundle.open_or_create(tmp_path)
    text = (tmp_path / "sha256.txt").read_text()
    (tmp_path / "sha256.txt").write_text(text.replace("  ", "  ./"))
    assert all(file.listed for file in bundle.contents() if file.name != "sha256.txt")
    result(bundle)
    assert verify(tmp_path).outcome(strict=True) is Integrity.INTACT
    assert not list(tmp_path.glob("commands_rerun*"))


def test_what_stood_in_a_foreign_manifest_stays(tmp_path: Path) -> None:
    foreign = f"# by hand\n{'a' * 64}  gone.bin\nSome heading"
    (tmp_path / "sha256.txt").write_text(foreign)
    result(Bundle.open(tmp_path))
    assert (tmp_path / "sha256.txt").read_text().startswith(foreign + "\n")


@pytest.mark.parametrize("place", ["file", "file/below"])
def test_a_file_is_no_bundle(tmp_path: Path, place: str) -> None:
    (tmp_path / "file").write_text("")
    with pytest.raises(
        UsageError, match=r"is a file; a bundle is a folder|cannot be used as a bundle: Not a directory"
    ):
        Bundle.open_or_create(tmp_path / place)
    with pytest.raises(InputError, match=r"is (a file|not there); a bundle is a folder"):
        Bundle.open(tmp_path / place)


@pytest.mark.parametrize("what", ["folder", "pipe", "gone"])
def test_only_regular_files_can_be_added(tmp_path: Path, what: str) -> None:
    (tmp_path / "folder").mkdir()
    os.mkfifo(tmp_path / "pipe")
    (tmp_path / "good").write_text("")
    bundle = Bundle.open_or_create(tmp_path / "b")
    with pytest.raises(InputError, match=r"not a regular file|No such file"):
        bundle.add_files([tmp_path / "good", tmp_path / what])
    assert not (bundle.root / "good").exists()
    assert intact(bundle.root)


@SHA256SUM
@settings(max_examples=10, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(
    st.lists(
        st.text(
            st.characters(exclude_characters="\0/", exclude_categories=["Cs"]) | st.sampled_from("\\\n\r"), min_size=1
        ).filter(lambda name: name not in {".", ".."} and len(name.encode()) < 200),
        max_size=4,
    )
)
@example(["-", "--check"])
def test_sha256sum_accepts_any_names(tmp_path: Path, names: list[str]) -> None:
    root = tmp_path / hashlib.sha256(repr(names).encode()).hexdigest()
    bundle = Bundle.open_or_create(root)
    result(bundle, outputs={name: name for name in names})
    done = subprocess.run(["sha256sum", "--strict", "-c", "sha256.txt"], cwd=root, capture_output=True, check=False)
    assert done.returncode == 0, done.stderr
    assert done.stdout.count(b": OK\n") == len(bundle.contents()) - 1
    assert {finding.status for finding in verify(root).findings} == {FileStatus.OK}


def test_a_name_and_an_argument_that_are_no_text(tmp_path: Path) -> None:
    strange = os.fsdecode(b"caf\xe9.log")
    (tmp_path / strange).write_text("a")
    bundle = Bundle.open_or_create(tmp_path / "b")
    bundle.add_files([tmp_path / strange], command=["nbtrace", strange])
    result(bundle, inputs=[tmp_path / strange])
    assert b"nbtrace 'caf\xe9.log'" in (bundle.root / "commands.txt").read_bytes()
    assert json.loads((bundle.root / "run_metadata.json").read_bytes())["inputs"][0]["path"].endswith("caf\udce9.log")
    assert verify(bundle.root).outcome(strict=True) is Integrity.INTACT


def run(bundle: Bundle, code: str, **options: Any) -> tuple[Any, list[str], bytes, bytes]:
    out, err = BytesIO(), BytesIO()
    ended, written = bundle.run([sys.executable, "-c", code], echo=(out, err), **options)
    return ended, [path.name for path in written], out.getvalue(), err.getvalue()


def test_a_run_keeps_output_status_and_time(tmp_path: Path) -> None:
    bundle = Bundle.open_or_create(tmp_path)
    code = "import sys; print('out'); sys.stderr.buffer.write(b'\\xff\\x00'); sys.exit(3)"
    ended, written, out, err = run(bundle, code, name="c")
    assert (ended.status, out, err) == (3, b"out\n", b"\xff\x00")
    assert written == ["c_stdout.txt", "c_stderr.txt", "run_metadata.json", "summary.md", "commands.txt"]
    assert (tmp_path / "c_stdout.txt").read_bytes() == out
    assert (tmp_path / "c_stderr.txt").read_bytes() == err
    document = json.loads((tmp_path / "run_metadata.json").read_text())
    assert (document["exit_code"], document["ended"], document["wall_seconds"]) == (3, "exit 3", ended.wall_seconds)
    assert document["program"]["sha256"] == FileRecord.of(Path(sys.executable)).sha256
    start, command, end = (tmp_path / "commands.txt").read_text().splitlines()
    assert re.fullmatch(
        r"# \S+Z start, output in \S+\.tmp \S+\.tmp, in " + re.escape(shlex.quote(str(Path.cwd()))), start
    )
    assert command.startswith(f"{sys.executable} -c 'import sys;")
    assert f" exit 3, wall {ended.wall_seconds:.3f} s, started " in end
    assert intact(tmp_path)


@pytest.mark.parametrize("name", ["", "a/b", "nul\0", "x" * 260, "é" * 130, "\ud801"])
def test_a_name_that_no_file_can_have_stops_a_run_before_it_starts(tmp_path: Path, name: str) -> None:
    bundle = Bundle.open_or_create(tmp_path / "b")
    before = {path.name: path.read_bytes() for path in bundle.root.iterdir()}
    with pytest.raises(UsageError, match="cannot start a file name"):
        bundle.run(["touch", str(tmp_path / "ran")], name=name, echo=(None, None))
    assert not (tmp_path / "ran").exists()
    assert {path.name: path.read_bytes() for path in bundle.root.iterdir()} == before


def test_the_longest_name_of_a_run_fits_once(tmp_path: Path) -> None:
    bundle = Bundle.open_or_create(tmp_path / "b")
    name = "x" * (255 - len("_stdout.txt"))
    bundle.run(["true"], name=name, echo=(None, None))
    before = {path.name: path.read_bytes() for path in bundle.root.iterdir()}
    with pytest.raises(UsageError, match="is no name for a file of the bundle"):
        bundle.run(["touch", str(tmp_path / "ran")], name=name, echo=(None, None))
    assert not (tmp_path / "ran").exists()
    assert {path.name: path.read_bytes() for path in bundle.root.iterdir()} == before
    assert intact(bundle.root)


def test_a_copy_whose_next_name_is_too_long_leaves_nothing(tmp_path: Path) -> None:
    source = tmp_path / ("x" * 255)
    source.write_text("one")
    bundle = Bundle.open_or_create(tmp_path / "b")
    bundle.add_files([source])
    source.write_text("two")
    with pytest.raises(UsageError, match="is no name for a file of the bundle"):
        bundle.add_files([source])
    assert intact(bundle.root)


@pytest.mark.skipif(shutil.which("bash") is None, reason="bash is not installed")
def test_a_command_is_one_line_that_a_shell_reads_back(tmp_path: Path) -> None:
    forged = "a\n# 2025-10-08T21:26:30.000Z start, in /\nit's\n"
    Bundle.open_or_create(tmp_path).run(["printf", "%s", forged], echo=(None, None))
    lines = (tmp_path / "commands.txt").read_text().splitlines()
    assert len(lines) == 3
    done = subprocess.run(["bash", "-c", lines[1]], capture_output=True, check=True)
    assert done.stdout == forged.encode()
    assert intact(tmp_path)


def test_large_output_on_both_streams_at_once(tmp_path: Path) -> None:
    code = "import sys\nfor i in range(300):\n sys.stdout.write('o' * 9999)\n sys.stderr.write('e' * 9999)"
    _, _, out, err = run(Bundle.open_or_create(tmp_path), code)
    assert (tmp_path / "stdout.txt").read_bytes() == out == b"o" * 2_999_700
    assert (tmp_path / "stderr.txt").read_bytes() == err == b"e" * 2_999_700


def test_a_killed_program_and_one_that_does_not_exist(tmp_path: Path) -> None:
    bundle = Bundle.open_or_create(tmp_path)
    ended, *_ = run(bundle, "import os; os.kill(os.getpid(), 9)")
    assert (ended.status, ended.text) == (-9, "killed by SIGKILL")
    ended, written = bundle.run(["./no such program"], echo=(None, None))
    assert (ended.status, ended.text) == (None, "could not be started: No such file or directory")
    assert "stdout_rerun1.txt" in [path.name for path in written]
    assert "'./no such program'\n" in (tmp_path / "commands.txt").read_text()
    assert intact(tmp_path)


def test_a_background_process_that_keeps_the_pipes_is_not_waited_for(tmp_path: Path) -> None:
    sleeper = "import subprocess, sys; p = subprocess.Popen(['sleep', '600']); print(p.pid)"
    ended, _, out, _ = run(Bundle.open_or_create(tmp_path), sleeper)
    os.kill(int(out), 9)
    assert ended.status == 0


def test_a_broken_terminal_does_not_lose_output(tmp_path: Path) -> None:
    reader, writer = os.pipe()
    os.close(reader)
    with os.fdopen(writer, "wb", buffering=0) as broken:
        Bundle.open_or_create(tmp_path).run([sys.executable, "-c", "print('kept')"], echo=(broken, None))
    assert (tmp_path / "stdout.txt").read_text() == "kept\n"


def _add_many(root: str, number: int) -> None:
    for count in range(5):
        result(Bundle.open_or_create(Path(root)), metrics={"number": number, "count": count})


def test_processes_that_write_at_the_same_time(tmp_path: Path) -> None:
    context = multiprocessing.get_context("spawn")
    root = tmp_path / "shared"
    processes = [context.Process(target=_add_many, args=(str(root), number)) for number in range(3)]
    for process in processes:
        process.start()
    for process in processes:
        process.join()
    assert [process.exitcode for process in processes] == [0, 0, 0]
    found = [json.loads(path.read_text()) for path in root.glob("metrics*.json")]
    assert sorted((item["number"], item["count"]) for item in found) == [(n, c) for n in range(3) for c in range(5)]
    assert (root / "commands.txt").read_text().count("\nnbtrace diff\n") == 15
    assert (root / "summary.md").read_text().count("\n## 20") == 15
    assert intact(root)
