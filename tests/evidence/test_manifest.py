import hashlib
import shutil
import subprocess
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from nbtrace.errors import InputError
from nbtrace.evidence.manifest import LineKind, Manifest, entry_text, parse_manifest, read_manifest

A, B, C = (letter * 64 for letter in "abc")
NAMES = st.text(
    st.characters(exclude_characters="\0/", exclude_categories=["Cs"]) | st.sampled_from("\\\n\r \t#"), min_size=1
)


def entries(text: str) -> list[tuple[str, str]]:
    return [(line.digest, line.name) for line in parse_manifest(text.encode()).of_kind(LineKind.ENTRY)]


@pytest.mark.parametrize(
    ("line", "name"),
    [
        (f"{A}  plain.log", "plain.log"),
        (f"{A} *binary.bin", "binary.bin"),
        (f"{A.upper()}  upper.log", "upper.log"),
        (f"{A} one blank.log", "one blank.log"),
        (f"{A}\ttab.log", "tab.log"),
        (f"{A}   leading blank", " leading blank"),
        (f"{A}  ./dot.log\r", "./dot.log"),
        (f"SHA256 (bsd (1).log) = {A}", "bsd (1).log"),
        (f"\\{A}  back\\\\slash\\nline", "back\\slash\nline"),
        (f"{A}  not\\nescaped", "not\\nescaped"),
    ],
)
def test_an_entry_of_every_form(line: str, name: str) -> None:
    assert entries(line) == [(A, name)]


@pytest.mark.parametrize(
    ("line", "kind"),
    [
        ("# a comment", LineKind.COMMENT),
        ("", LineKind.COMMENT),
        ("After the fix:", LineKind.PROSE),
        ("sha256sum: gone.bin: No such file or directory", LineKind.PROSE),
        ("deadbeef", LineKind.PROSE),
        (f"reports/{'x' * 80}.log", LineKind.PROSE),
        (A, LineKind.DAMAGED),
        (f"{A[:40]}  torn.log", LineKind.DAMAGED),
        (f"{A[:-1]}g  flipped.log", LineKind.DAMAGED),
        (f"{A}  nul\0.log", LineKind.DAMAGED),
        (f"# pending: {A}  x.log", LineKind.PENDING),
        ("# pending: nothing", LineKind.COMMENT),
    ],
)
def test_a_line_that_is_no_entry(line: str, kind: LineKind) -> None:
    assert [found.kind for found in parse_manifest(line.encode() + b"\n").lines] == [kind]


def test_lines_keep_their_numbers_and_a_missing_last_newline_loses_nothing() -> None:
    manifest = parse_manifest(f"\ufeff# head\n{A}  a\n\n{B}  b".encode())
    assert [(line.number, line.name) for line in manifest.of_kind(LineKind.ENTRY)] == [(2, "a"), (4, "b")]


@given(st.binary())
def test_any_bytes_are_read_and_written_back(data: bytes) -> None:
    lines = data.replace(b"\r\n", b"\n").replace(b"\xef\xbb\xbf", b"")
    whole = lines if not lines or lines.endswith(b"\n") else lines + b"\n"
    assert parse_manifest(whole).encode() == whole.replace(b"\r\n", b"\n")


@given(NAMES)
def test_a_written_entry_reads_back(name: str) -> None:
    assert entries(entry_text(A, name) + "\n") == [(A, name)]


@pytest.mark.skipif(shutil.which("sha256sum") is None, reason="sha256sum is not installed")
def test_lines_are_those_of_sha256sum(tmp_path: Path) -> None:
    names = ["plain", "two  blanks", " leading", "back\\slash", "new\nline", "*star", "ä→", "#hash", "\\\n"]
    for name in names:
        (tmp_path / name).write_bytes(name.encode())
    done = subprocess.run(["sha256sum", "--", *names], cwd=tmp_path, capture_output=True, check=True)
    digests = {name: hashlib.sha256(name.encode()).hexdigest() for name in names}
    assert done.stdout.decode() == "".join(entry_text(digests[name], name) + "\n" for name in names)
    assert parse_manifest(done.stdout).digests() == digests


def test_an_update_replaces_entries_and_keeps_every_other_line() -> None:
    old = parse_manifest(f"# head\n{A}  one\nprose\n{A}  two\n# pending: {A}  three\n".encode())
    new = old.updated([(B, "two"), (C, "three")])
    assert new.encode().decode() == f"# head\n{A}  one\nprose\n{B}  two\n{C}  three\n"


def test_pending_names_have_no_entry() -> None:
    manifest = Manifest().updated([(A, "one"), (A, "two")]).updated([], [(A, "two"), (B, "two"), (C, "new\n")])
    assert manifest.digests() == {"one": A}
    assert parse_manifest(manifest.encode()).pending() == {"two": [A, B], "new\n": [C]}


def test_a_missing_manifest_is_an_input_error(tmp_path: Path) -> None:
    with pytest.raises(InputError, match=r"gone\.sha256 cannot be read: No such file"):
        read_manifest(tmp_path / "gone.sha256")
