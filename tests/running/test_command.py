from pathlib import Path

import pytest

from nbtrace.errors import InputError, UsageError
from nbtrace.running.command import flag_line
from simulator.arguments import file_values
from simulator.flags import FLAGS, Kind

BASE = "-cell 100 100 100 90 90 90 -default_F 100 -N 5 -lambda 1 -distance 100 -detpixels 8"


def test_input_files_are_named_in_full_and_output_files_bare(tmp_path: Path) -> None:
    (tmp_path / "P1 a.hkl").write_text("0 0 1 5\n")
    outputs = "-floatfile /home/me/f.bin -noisefile ../n.img -intfile i"
    words = [*BASE.split(), "-hkl", "P1 a.hkl", *outputs.split()]
    line = flag_line(words, [tmp_path / "other", tmp_path])
    found = dict(zip(line.words, line.words[1:], strict=False))
    assert found["-hkl"] == str(tmp_path / "P1 a.hkl")
    assert (found["-floatfile"], found["-noisefile"], found["-intfile"]) == ("float.bin", "noise.img", "int.img")
    assert line.inputs == (tmp_path / "P1 a.hkl",)
    assert line.shape == (8, 8)
    assert line.config.structure.hkl_file == tmp_path / "P1 a.hkl"


def test_a_float_image_is_always_asked_for_by_name() -> None:
    assert flag_line(BASE.split()).words[-2:] == ("-floatfile", "float.bin")
    assert flag_line(f"{BASE} -floatimage x".split()).words[-2:] == ("-floatimage", "float.bin")


def test_the_cache_is_read_where_there_is_no_list_and_written_aside_where_there_is(tmp_path: Path) -> None:
    (tmp_path / "cache.bin").write_bytes(b"")
    (tmp_path / "a.hkl").write_text("0 0 1 5\n")
    words = f"{BASE} -dump cache.bin".split()
    assert str(tmp_path / "cache.bin") in flag_line(words, [tmp_path]).words
    written = flag_line([*words, "-hkl", "a.hkl"], [tmp_path]).words
    assert "Fdump.bin" in written
    assert str(tmp_path / "cache.bin") not in written


def test_every_flag_with_a_file_is_known_as_one() -> None:
    files = [flag for flag in FLAGS if flag.kind is Kind.FILE]
    assert len(files) > 10
    for flag in files:
        assert file_values(["-N", "5", flag.token, "name"]) == [(3, flag)]


def test_a_value_that_looks_like_a_flag_is_none() -> None:
    assert file_values(["-pivot", "-hkl", "-hkl", "x"])[0][0] == 3
    assert file_values(["-hkl"]) == []


@pytest.mark.parametrize(
    ("words", "error", "said"),
    [
        ("-mat nope.mat", InputError, "-mat nope.mat: there is no such file in"),
        ("-blah 3", UsageError, "unknown flag -blah"),
        ("-mask nope.img", InputError, "-mask nope.img"),
        (f"-hkl {'x' * 5000}", InputError, "File name too long"),
    ],
)
def test_what_makes_no_run_is_said_before_anything_runs(
    words: str, error: type[Exception], said: str, tmp_path: Path
) -> None:
    with pytest.raises(error, match=said):
        flag_line(f"{BASE} {words}".split(" "), [tmp_path])


def test_what_the_reference_ignores_is_a_remark_where_asked_for() -> None:
    line = flag_line(f"{BASE} -blah".split(), lenient=True)
    assert any("-blah" in remark for remark in line.remarks)
    assert "-blah" in line.words
    assert "--lenient" not in flag_line(f"{BASE} -blah --lenient".split()).words


def test_a_cache_that_nobody_named_is_not_read_and_that_is_said(tmp_path: Path) -> None:
    assert flag_line(BASE.split(), [tmp_path]).remarks == ()
    (tmp_path / "Fdump.bin").write_bytes(b"")
    assert "is not read; name it with -dump" in flag_line(BASE.split(), [tmp_path]).remarks[0]
    assert flag_line([*BASE.split(), "-dump", "Fdump.bin"], [tmp_path]).remarks == ()
