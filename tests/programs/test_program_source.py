import os
import tempfile
import time
from contextlib import suppress
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest

from nbtrace.errors import MismatchError, ProgramError
from nbtrace.programs.command import flag_line
from tests.programs.conftest import FLAGS, MakeSource

pytestmark = pytest.mark.slow  # each case starts a program

EXPECTED = (1 + np.arange(64) % 7).reshape(8, 8).astype(np.float32)


def test_an_image_is_what_the_program_wrote(source: MakeSource, reference: Path) -> None:
    made = source().make(2)
    np.testing.assert_array_equal(made.image.pixels, EXPECTED)
    assert len(made.milliseconds) == 2
    assert made.identical is True
    identity = source().identity
    assert identity.command[0] == str(reference)
    assert identity.binary is not None
    assert len(identity.binary.sha256 or "") == 64


def test_a_program_that_does_not_repeat_itself_is_seen(source: MakeSource, tmp_path: Path) -> None:
    made = source("counter", COUNTER=str(tmp_path / "count")).make(3)
    assert made.identical is False
    assert len(set(made.digests)) == 3
    np.testing.assert_array_equal(made.image.pixels, EXPECTED)


def test_it_runs_in_an_empty_folder_that_goes_away_and_reads_nothing(source: MakeSource, tmp_path: Path) -> None:
    said = source("cwd").make(1).stdout
    folder = said.split()[0]
    assert " [] ''" in said
    assert folder != str(Path.cwd())
    assert not Path(folder).exists()


def test_a_cache_that_is_meant_lies_in_the_folder_of_the_run(source: MakeSource, tmp_path: Path) -> None:
    (tmp_path / "Fdump.bin").write_bytes(b"1 2 3")
    side = source("cwd")
    line = flag_line([*FLAGS.split(), "-dump", "Fdump.bin"], [tmp_path])
    assert " ['Fdump.bin'] ''" in replace(side, line=line).make(1).stdout
    assert (tmp_path / "Fdump.bin").read_bytes() == b"1 2 3"


@pytest.mark.parametrize(
    ("mode", "error", "said"),
    [
        ("crash", ProgramError, "killed by SIGABRT; its last words: first | fatal: no crystal"),
        ("fail", ProgramError, "exit 9; its last words: usage: not like this"),
        ("nothing", ProgramError, "wrote no image to -floatfile float.bin"),
        ("deleted", ProgramError, "wrote no image to -floatfile float.bin"),
        ("half", MismatchError, "128 bytes"),
        ("text", ProgramError, "is text"),
    ],
)
def test_a_program_without_an_image_is_one_line(
    source: MakeSource, mode: str, error: type[Exception], said: str
) -> None:
    with pytest.raises(error, match=r"nanoBragg \(--ref\)") as caught:
        source(mode).make(1)
    assert said in str(caught.value)
    assert "\n" not in str(caught.value)


def is_gone(pid: int) -> bool:
    try:
        state = Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()[0]
    except OSError:
        return not _exists(pid)
    return state == "Z"


def _exists(pid: int) -> bool:
    try:
        os.kill(pid, 0)
    except ProcessLookupError:
        return False
    return True


@pytest.mark.parametrize("mode", ["hang", "child"])
def test_nothing_outlives_a_run(source: MakeSource, mode: str, tmp_path: Path) -> None:
    kept = tmp_path / "child"
    run = source(mode, 3.0 if mode == "hang" else 30.0, CHILD=str(kept))
    clock = time.monotonic()
    if mode == "hang":
        with pytest.raises(ProgramError, match="not done after 3 s and killed"):
            run.make(1)
    else:
        np.testing.assert_array_equal(run.make(1).image.pixels, EXPECTED)
    assert time.monotonic() - clock < 30
    child = int(kept.read_text())
    deadline = time.monotonic() + 10
    while not is_gone(child) and time.monotonic() < deadline:
        time.sleep(0.02)
    assert is_gone(child)


def test_a_trace_is_what_it_prints_for_the_pixel(source: MakeSource) -> None:
    found = source().trace((2, 3))
    assert found.text == "TRACE_C: I_before_scaling 6\nTRACE_C: I_pixel_final 6\n"


def test_a_program_that_cannot_trace_says_so(source: MakeSource) -> None:
    assert "printed no TRACE_ lines" in source("mute").trace((0, 0)).reason
    assert "binary" in source("garbage").trace((0, 0)).reason
    assert "SIGABRT" in source("crash").trace((0, 0)).reason


def test_a_link_to_a_file_elsewhere_is_no_image(source: MakeSource, tmp_path: Path) -> None:
    (tmp_path / "other.bin").write_bytes(EXPECTED.tobytes())
    with pytest.raises(ProgramError, match="wrote no image"):
        source("link", TARGET=str(tmp_path / "other.bin")).make(1)
    with pytest.raises(ProgramError, match="wrote no image"):
        source("link", TARGET="/dev/zero").make(1)


def test_a_folder_that_the_program_locks_is_removed(
    source: MakeSource, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    folder = tmp_path / "temporary"
    folder.mkdir()
    monkeypatch.setattr(tempfile, "tempdir", str(folder))
    with suppress(ProgramError):  # root reads what is locked
        source("locked").make(1)
    assert not list(folder.iterdir())
