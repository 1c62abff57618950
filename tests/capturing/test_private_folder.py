from pathlib import Path

import pytest

from nbtrace.capturing import private_folder as module
from nbtrace.capturing.private_folder import private_folder


def test_files_are_copies_and_what_is_written_is_found(tmp_path: Path) -> None:
    (tmp_path / "in.txt").write_text("in")
    (tmp_path / "old.txt").write_text("old")
    (tmp_path / "sub").mkdir()
    (tmp_path / "sub" / "deep.txt").write_text("deep")
    with private_folder(tmp_path, ()) as folder:
        folder.make()
        first = folder.path
        (folder.path / "old.txt").write_text("new")
        (folder.path / "sub" / "made.txt").write_text("made")
        written = folder.written()
        assert set(written.files) == {"old.txt", "sub/made.txt"}
        assert written.files["old.txt"].read_text() == "new"
        folder.make()
        assert folder.path == first
        assert (folder.path / "old.txt").read_text() == "old"
        assert not folder.written().files
        assert written.files["old.txt"].read_text() == "new"
    assert (tmp_path / "old.txt").read_text() == "old"
    assert not first.exists()


def test_what_is_large_is_linked_and_told_where_it_changes(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(module, "MOST_COPIED", 10)
    (tmp_path / "large").mkdir()
    (tmp_path / "large" / "data.bin").write_bytes(b"x" * 100)
    (tmp_path / "small.txt").write_text("abc")
    with private_folder(tmp_path, ()) as folder:
        folder.make()
        assert folder.linked == ("large",)
        (folder.path / "large" / "out.bin").write_bytes(b"y")
        written = folder.written()
    assert written.in_place == ("large/out.bin",)
    assert set(written.digests) == {"large/out.bin"}


def test_a_file_that_an_argument_names_elsewhere_is_watched(tmp_path: Path) -> None:
    (tmp_path / "run").mkdir()
    out = tmp_path / "out.bin"
    with private_folder(tmp_path / "run", ("-o", str(out))) as folder:
        folder.make()
        out.write_bytes(b"1")
        assert folder.written().in_place == (str(out),)


def test_an_argument_that_climbs_finds_the_same_file(tmp_path: Path) -> None:
    (tmp_path / "run").mkdir()
    (tmp_path / "data.txt").write_text("data")
    with private_folder(tmp_path / "run", ("../data.txt",)) as folder:
        folder.make()
        assert (folder.path / "../data.txt").read_text() == "data"
        where = folder.path
    assert not where.exists()
