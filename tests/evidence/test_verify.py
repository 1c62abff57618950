import hashlib
import json
import os
import shutil
from pathlib import Path

import pytest

from nbtrace.errors import InputError
from nbtrace.evidence import Bundle, FileStatus, Integrity, Verification, verify

CORPUS = os.environ.get("NBTRACE_CORPUS")


def digest(text: str) -> str:
    return hashlib.sha256(text.encode()).hexdigest()


def folder(root: Path, files: dict[str, str]) -> Path:
    for name, text in files.items():
        (root / name).parent.mkdir(parents=True, exist_ok=True)
        (root / name).write_text(text)
    return root


def statuses(result: Verification) -> dict[str, FileStatus]:
    return {finding.name: finding.status for finding in result.findings}


def reason(result: Verification, name: str) -> str:
    (found,) = {finding.reason for finding in result.findings if finding.name == name}
    return found


def test_an_intact_folder_and_what_it_does_not_list(tmp_path: Path) -> None:
    lines = f"# two files\n{digest('one')}  a.log\n{digest('two')}  ./sub/b.log\n"
    folder(tmp_path, {"a.log": "one", "sub/b.log": "two", "c.log": "three", "sha256.txt": lines})
    result = verify(tmp_path)
    assert statuses(result) == {
        "a.log": FileStatus.OK,
        "./sub/b.log": FileStatus.OK,
        "c.log": FileStatus.NOT_LISTED,
    }
    assert result.outcome() is Integrity.INTACT
    assert result.outcome(strict=True) is Integrity.FAULTY


def test_what_changed_and_what_is_gone(tmp_path: Path) -> None:
    lines = f"{digest('one')}  a.log\n{digest('two')}  b.log\n{digest('two')[:50]}  c.log\n"
    result = verify(folder(tmp_path, {"a.log": "One", "sha256.txt": lines}))
    assert [finding.status for finding in result.findings] == [
        FileStatus.MISMATCH,
        FileStatus.MISSING,
        FileStatus.DAMAGED,
    ]
    assert digest("One")[:12] in reason(result, "a.log")
    assert digest("one")[:12] in reason(result, "a.log")
    assert result.outcome() is Integrity.FAULTY


def test_one_flipped_bit_is_seen(tmp_path: Path) -> None:
    data = bytearray(os.urandom(3_000_000))
    (tmp_path / "big.bin").write_bytes(data)
    (tmp_path / "sha256.txt").write_text(f"{hashlib.sha256(data).hexdigest()}  big.bin\n")
    assert verify(tmp_path).outcome() is Integrity.INTACT
    data[2_999_999] ^= 1
    (tmp_path / "big.bin").write_bytes(data)
    assert verify(tmp_path).outcome() is Integrity.FAULTY


def test_a_manifest_that_lists_itself_and_nothing_else_proves_nothing(tmp_path: Path) -> None:
    result = verify(folder(tmp_path, {"sha256.txt": f"{digest('x')}  sha256.txt\nSome prose\n"}))
    assert statuses(result) == {"sha256.txt": FileStatus.SELF}
    assert [(line.line, line.text) for line in result.prose] == [(2, "Some prose")]
    assert result.outcome() is Integrity.NOTHING


def test_an_older_manifest_beside_a_newer_one_is_stale(tmp_path: Path) -> None:
    files = {
        "a.log": "new",
        "sha256.txt": f"{digest('old')}  a.log\n",
        "sha256_update.txt": f"{digest('new')}  a.log\n",
    }
    result = verify(folder(tmp_path, files))
    assert [finding.status for finding in result.findings] == [FileStatus.STALE, FileStatus.OK]
    assert "sha256_update.txt:1 lists it as it is" in result.findings[0].reason


@pytest.mark.parametrize(
    ("name", "status", "said"),
    [
        ("reports/2025/run/a.log", FileStatus.OK, "found as a.log"),
        ("reports/2025/sub/b.log", FileStatus.OK, "found as sub/b.log"),
        ("/home/somebody/run/sub/b.log", FileStatus.OK, "found as sub/b.log"),
        ("../../../etc/passwd", FileStatus.MISSING, "outside the folder is not opened"),
        ("/etc/passwd", FileStatus.MISSING, "outside the folder is not opened"),
        ("b.log", FileStatus.MISSING, ""),
        ("sub", FileStatus.UNREADABLE, "not a regular file"),
        ("x" * 300, FileStatus.MISSING, "cannot be looked for: File name too long"),
        ("x" * 5000, FileStatus.MISSING, "cannot be looked for: File name too long"),
        ("sub/" + "x" * 300, FileStatus.MISSING, "cannot be looked for: File name too long"),
    ],
)
def test_where_a_name_leads(tmp_path: Path, name: str, status: FileStatus, said: str) -> None:
    files = {"a.log": "text", "sub/b.log": "text", "sha256.txt": f"{digest('text')}  {name}\n"}
    result = verify(folder(tmp_path / "run", files))
    assert statuses(result)[name] is status
    assert said in reason(result, name)


def test_an_absolute_path_into_the_folder_is_opened(tmp_path: Path) -> None:
    folder(tmp_path, {"a.log": "text", "sha256.txt": f"{digest('text')}  {tmp_path / 'a.log'}\n"})
    assert verify(tmp_path).findings[0].status is FileStatus.OK


def test_a_path_from_the_root_of_the_repository(tmp_path: Path) -> None:
    (tmp_path / ".git").mkdir()
    lines = f"{digest('tool')}  tools/t.py\n{digest('one')}  reports/run/a.log\n"
    folder(tmp_path, {"tools/t.py": "tool", "reports/run/a.log": "one", "reports/run/sha256.txt": lines})
    result = verify(tmp_path / "reports" / "run")
    assert statuses(result) == {"tools/t.py": FileStatus.OK, "reports/run/a.log": FileStatus.OK}
    assert reason(result, "tools/t.py") == "found in the repository, outside the folder"


def test_a_deleted_file_is_missing_though_the_repository_has_one_of_its_name(tmp_path: Path) -> None:
    (tmp_path / ".git").mkdir()
    folder(tmp_path, {"README.md": "other", "run/sha256.txt": f"{digest('own')}  README.md\n"})
    assert statuses(verify(tmp_path / "run")) == {"README.md": FileStatus.MISSING}


def test_a_manifest_beside_its_only_file(tmp_path: Path) -> None:
    folder(tmp_path, {"kept.log": "text", "kept.log.sha256": f"{digest('text')}  far/away/original.log\n"})
    result = verify(tmp_path / "kept.log.sha256")
    assert statuses(result) == {"far/away/original.log": FileStatus.OK}
    assert "kept.log" in reason(result, "far/away/original.log")
    (tmp_path / "kept.log").write_text("changed")
    assert verify(tmp_path / "kept.log.sha256").outcome() is Integrity.FAULTY


def test_links_are_followed_inside_the_folder_only(tmp_path: Path) -> None:
    folder(tmp_path, {"secret": "text", "run/a.log": "text"})
    run = tmp_path / "run"
    (run / "inner").symlink_to("a.log")
    (run / "outer").symlink_to(tmp_path / "secret")
    (run / "broken").symlink_to("nothing")
    (run / "round").symlink_to("round")
    names = ["inner", "outer", "broken", "round"]
    (run / "sha256.txt").write_text("".join(f"{digest('text')}  {name}\n" for name in names))
    result = verify(run)
    assert [finding.status for finding in result.findings[:4]] == [FileStatus.OK] + [FileStatus.UNREADABLE] * 3
    assert "leads out of the folder" in reason(result, "outer")
    assert [finding.name for finding in result.of_status(FileStatus.NOT_LISTED)] == ["a.log"]


def test_a_pipe_is_not_waited_for(tmp_path: Path) -> None:
    os.mkfifo(tmp_path / "pipe")
    os.mkfifo(tmp_path / "pipe.sha256")
    (tmp_path / "sha256.txt").write_text(f"{digest('')}  pipe\n")
    assert statuses(verify(tmp_path))["pipe"] is FileStatus.UNREADABLE
    with pytest.raises(InputError, match="neither a folder nor a regular file"):
        verify(tmp_path / "pipe.sha256")


def test_names_that_are_no_text(tmp_path: Path) -> None:
    name = os.fsdecode(b"caf\xe9\n.log")
    (tmp_path / name).write_text("text")
    (tmp_path / "sha256.txt").write_bytes(b"\\" + digest("text").encode() + b"  caf\xe9\\n.log\n")
    assert statuses(verify(tmp_path)) == {name: FileStatus.OK}


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ('{"lines": $(wc -l)}', "m.json:1:11 is not JSON"),
        ("", "m.json:1:1 is not JSON"),
        ("[" * 100_000, "nested too deeply"),
        ('{"factors": {}, "first_divergence": "a"}', "m.json: first_divergence is a"),
    ],
)
def test_documents_that_are_wrong(tmp_path: Path, text: str, said: str) -> None:
    folder(tmp_path, {"m.json": text, "sha256.txt": f"{digest(text)}  m.json\n"})
    for path in (tmp_path, tmp_path / "m.json"):
        result = verify(path)
        assert [said in problem.text for problem in result.problems] == [True]
        assert result.outcome() is Integrity.FAULTY


@pytest.mark.parametrize("name", ["x" * 300, "x" * 5000, "a\0b", "\ud801", ".."])
def test_an_output_whose_name_no_file_can_have_is_one_problem(tmp_path: Path, name: str) -> None:
    outputs = [{"path": name, "sha256": digest("")}, {"path": "a.log", "sha256": digest("another")}]
    text = json.dumps({"outputs": outputs})
    lines = f"{digest(text)}  run_metadata.json\n{digest('one')}  a.log\n"
    result = verify(folder(tmp_path, {"run_metadata.json": text, "a.log": "one", "sha256.txt": lines}))
    assert [finding.status for finding in result.findings] == [FileStatus.OK] * 2
    first, second = (problem.text for problem in result.problems)
    assert "which no file can have" in first
    assert second.startswith("run_metadata.json: was written with a a.log of sha256")


def test_a_line_that_is_pending_many_times_over(tmp_path: Path) -> None:
    lines = "# pending: " * 5000 + f"{digest('one')}  a.log\n{digest('one')}  a.log\n"
    assert verify(folder(tmp_path, {"a.log": "one", "sha256.txt": lines})).outcome() is Integrity.INTACT


def test_a_sound_document_alone_is_no_proof(tmp_path: Path) -> None:
    folder(tmp_path, {"m.json": "{}"})
    assert verify(tmp_path / "m.json").outcome() is Integrity.NOTHING


@pytest.mark.parametrize("name", ["gone", "gone.json", "gone.sha256", "nul\0"])
def test_a_path_that_is_not_there(tmp_path: Path, name: str) -> None:
    with pytest.raises(InputError, match=r"cannot be read|no name that a file can have"):
        verify(tmp_path / name)


def test_an_empty_folder_has_nothing_to_verify(tmp_path: Path) -> None:
    assert verify(tmp_path).outcome() is Integrity.NOTHING


@pytest.mark.corpus
@pytest.mark.skipif(CORPUS is None, reason="NBTRACE_CORPUS is not set")
def test_the_bundles_of_the_corpus() -> None:
    corpus = Path(CORPUS or "")
    result = verify(corpus / "L-spec-baseline.bundle")
    assert [finding.manifest for finding in result.of_status(FileStatus.OK)] == ["sha256.txt"] * 10 + [
        "sha256_update.txt"
    ] * 2
    unlisted = {finding.name for finding in result.of_status(FileStatus.NOT_LISTED)}
    assert unlisted == {"pytest_collect.log", "run_metadata.json"}
    assert len(result.findings) == 14
    assert result.outcome() is Integrity.INTACT
    assert verify(corpus / "H6-pix0__trace_c_pix0.log.sha256").outcome() is Integrity.INTACT
    invalid = {problem.name for problem in verify(corpus).problems}
    assert invalid == {"K-base-lattice__metadata.json", "L-parity-shim-005247Z__delta_metrics.json"}


@pytest.mark.corpus
@pytest.mark.skipif(CORPUS is None, reason="NBTRACE_CORPUS is not set")
def test_a_changed_copy_of_a_bundle_of_the_corpus(tmp_path: Path) -> None:
    copy = shutil.copytree(
        Path(CORPUS or "") / "L-spec-baseline.bundle", tmp_path / "copy", copy_function=shutil.copyfile
    )
    (copy / "git_sha.txt").write_text("changed\n")
    (copy / "collect.log").unlink()
    result = verify(copy)
    assert {(finding.name, finding.manifest) for finding in result.of_status(FileStatus.MISMATCH)} == {
        ("git_sha.txt", "sha256.txt"),
        ("git_sha.txt", "sha256_update.txt"),
    }
    assert [finding.name for finding in result.of_status(FileStatus.MISSING)] == ["collect.log"]


def listed(kind: str, text: str, name: str, *, bsd: bool = False, mark: str = " ") -> str:
    made = hashlib.new(kind, text.encode(), usedforsecurity=False).hexdigest()
    return f"{kind.upper()} ({name}) = {made}\n" if bsd else f"{made} {mark}{name}\n"


@pytest.mark.parametrize("name", ["checksums.txt", "CHECKSUMS", "hashes.txt", "SUMS", "evidence.lst"])
@pytest.mark.parametrize("kind", ["sha256", "sha512", "sha384", "sha224", "sha1"])
@pytest.mark.parametrize("form", [{}, {"bsd": True}, {"mark": "*"}], ids=["plain", "bsd", "binary"])
def test_a_manifest_is_known_by_its_lines(tmp_path: Path, name: str, kind: str, form: dict[str, object]) -> None:
    folder(tmp_path, {"a.txt": "hello", name: listed(kind, "hello", "a.txt", **form)})  # type: ignore[arg-type]
    assert statuses(verify(tmp_path)) == {"a.txt": FileStatus.OK}
    (tmp_path / "a.txt").write_text("hellO")
    assert statuses(verify(tmp_path)) == {"a.txt": FileStatus.MISMATCH}


def test_md5_is_compared_and_proves_nothing(tmp_path: Path) -> None:
    folder(tmp_path, {"a.txt": "hello", "a.txt.md5": listed("md5", "hello", "a.txt")})
    result = verify(tmp_path)
    assert statuses(result) == {"a.txt": FileStatus.WEAK}
    assert "forged" in reason(result, "a.txt")
    assert result.outcome() is Integrity.NOTHING
    (tmp_path / "a.txt").write_text("hellO")
    assert verify(tmp_path).outcome() is Integrity.FAULTY


def test_a_log_that_prints_a_digest_is_no_manifest(tmp_path: Path) -> None:
    text = f"run 1\nran for 3 s\nwrote\n{listed('sha256', 'x', 'image.bin')}done\nbye\n"
    result = verify(folder(tmp_path, {"run.log": text, "a.txt": "hello", "SUMS": listed("sha256", "hello", "a.txt")}))
    assert statuses(result) == {"a.txt": FileStatus.OK, "run.log": FileStatus.NOT_LISTED}


def test_evidence_of_a_bundle_is_not_followed_as_a_manifest(tmp_path: Path) -> None:
    made_elsewhere = tmp_path / "sums.txt"
    made_elsewhere.write_text(listed("sha256", "x", "elsewhere.bin"))
    bundle = Bundle.open_or_create(tmp_path / "bundle")
    bundle.add_files([made_elsewhere])
    assert verify(bundle.root).outcome(strict=True) is Integrity.INTACT


def test_a_torn_line_of_a_sha256_manifest_is_no_digest_of_another_kind(tmp_path: Path) -> None:
    torn = listed("sha256", "hello", "a.txt")[24:]  # as long as SHA-1
    folder(tmp_path, {"a.txt": "hello", "sha256.txt": torn})
    assert next(finding.status for finding in verify(tmp_path).findings) is FileStatus.DAMAGED
