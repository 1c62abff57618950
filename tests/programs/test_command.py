from pathlib import Path

import pytest

from nbtrace.errors import InputError, UsageError
from nbtrace.programs.command import flag_line
from simulator.arguments import file_values
from simulator.flags import FLAGS, ValueKind

BASE = "-cell 100 100 100 90 90 90 -default_F 100 -N 5 -lambda 1 -distance 100 -detpixels 8"


def test_input_files_are_named_in_full_and_output_files_bare(tmp_path: Path) -> None:
    (tmp_path / "P1 a.hkl").write_text("0 0 1 5\n")
    outputs = "-floatfile /home/me/f.bin -noisefile ../n.img -intfile i"
    words = [*BASE.split(), "-hkl", "P1 a.hkl", *outputs.split()]
    line = flag_line(words, [tmp_path / "other", tmp_path])
    found = dict(zip(line.words, line.words[1:], strict=False))
    assert found["-hkl"] == str(tmp_path / "P1 a.hkl")
    assert (found["-floatfile"], found["-noisefile"], found["-intfile"]) == ("f.bin", "n.img", "i")
    assert line.float_name == "f.bin"
    assert line.inputs == (tmp_path / "P1 a.hkl",)
    assert line.shape == (8, 8)
    assert line.config.structure.hkl_file == tmp_path / "P1 a.hkl"


def test_a_float_image_is_always_asked_for_by_name_in_front() -> None:
    assert flag_line(BASE.split()).words == ("-floatfile", "float.bin", *BASE.split())
    line = flag_line(f"{BASE} -floatimage x -floatfile y".split())
    assert line.words == (*BASE.split(), "-floatimage", "x", "-floatfile", "y")
    assert line.float_name == "y"


@pytest.mark.parametrize("last", ["-curved_det", "-misset_seed 99", "-osc", "-trace_pixel 1"])
def test_the_last_word_is_the_last_one_that_was_given(last: str) -> None:
    line = flag_line(f"{BASE} {last}".split(), lenient=True)
    assert line.words[-len(last.split()) :] == tuple(last.split())
    for flag in (("-trace_pixel", "3", "4"), ("-roi", "0", "1", "0", "1")):
        more = line.with_flag(flag)
        assert more.words == (*flag, *line.words)


def test_a_further_flag_counts_and_leaves_the_given_ones_where_they_are() -> None:
    line = flag_line(f"{BASE} -roi 0 3 0 3 -trace_pixel 0 0 -N 2".split())
    found = line.with_flag(("-roi", "1", "1", "2", "2"))
    at = found.words.index("-trace_pixel")
    assert found.words[at - 10 : at] == ("-roi", "0", "3", "0", "3", "-roi", "1", "1", "2", "2")
    assert flag_line(found.words).config.roi == (1, 1, 2, 2)
    assert [word for word in found.words if word in line.words] != []
    swallowed = flag_line(f"{BASE} -roi 0 3 0 -curved_det -N 2".split(), lenient=True)
    with pytest.raises(UsageError, match="takes the flag -curved_det as a value"):
        swallowed.with_flag(("-roi", "1", "1", "2", "2"))


def test_outputs_of_two_folders_stay_two_files() -> None:
    line = flag_line(f"{BASE} -floatfile a/image.pgm -intfile b/x -noisefile c/x -pgmfile ..".split())
    found = dict(zip(line.words, line.words[1:], strict=False))
    names = [found[flag] for flag in ("-floatfile", "-intfile", "-noisefile", "-pgmfile")]
    assert len(set(names)) == 4
    assert all("/" not in name and name != ".." for name in names)
    assert found["-floatfile"] == line.float_name


@pytest.mark.parametrize("outputs", ["-floatfile x -intfile x", "-floatfile image.pgm", "-floatfile noiseimage.img"])
def test_a_float_image_that_is_written_over_is_refused(outputs: str) -> None:
    with pytest.raises(UsageError, match="would be written over it"):
        flag_line(f"{BASE} {outputs}".split())
    assert flag_line(f"{BASE} -floatfile image.pgm -nopgm".split()).float_name == "image.pgm"


@pytest.mark.parametrize("last", ["-detector_abs", "-detector_thick", "-detector_thicksteps", "-thicksteps"])
def test_a_last_word_that_crashes_the_reference_is_run_and_told(last: str) -> None:
    for lenient in (True, False):
        line = flag_line([*BASE.split(), last], lenient=lenient)
        assert line.words[-1] == last
        assert line.crash in line.remarks
        assert "crashes" in line.crash
    assert flag_line([*BASE.split(), last, "5"]).crash == ""


def test_a_file_whose_name_the_reference_takes_for_a_flag_is_refused(tmp_path: Path) -> None:
    for name in ("-xds.hkl", "-9.hkl"):
        (tmp_path / name).write_text("0 0 1 5\n")
    with pytest.raises(UsageError, match=r"for the flag -xds too; write \./-xds\.hkl"):
        flag_line([*BASE.split(), "-hkl", "-xds.hkl"], [tmp_path])
    assert flag_line([*BASE.split(), "-hkl", "./-xds.hkl"], [tmp_path]).inputs == (tmp_path / "-xds.hkl",)
    assert flag_line([*BASE.split(), "-hkl", "-9.hkl"], [tmp_path]).inputs == (tmp_path / "-9.hkl",)


def test_a_file_that_is_also_the_value_of_a_flag_that_lacks_one_is_found(tmp_path: Path) -> None:
    (tmp_path / "a.hkl").write_text("0 0 1 5\n")
    line = flag_line([*BASE.split(), "-roi", "0", "5", "-hkl", "a.hkl"], [tmp_path], lenient=True)
    assert line.inputs == (tmp_path / "a.hkl",)
    assert line.words[-1] == str(tmp_path / "a.hkl")


@pytest.mark.parametrize(
    ("flags", "by_clock"),
    [
        ("-misset random", True),
        ("-seed 5 -misset random", True),
        ("-misset_seed 5 -misset random", False),
        ("-misset 1 2 3", False),
        ("-misset random -misset 1 2 3", False),
    ],
)
def test_what_is_seeded_by_the_clock(flags: str, *, by_clock: bool) -> None:
    assert flag_line([*BASE.split(), *flags.split()]).seeded_by_clock is by_clock


def test_the_cache_is_read_where_there_is_no_list_and_written_aside_where_there_is(tmp_path: Path) -> None:
    (tmp_path / "cache.bin").write_bytes(b"")
    (tmp_path / "a.hkl").write_text("0 0 1 5\n")
    words = f"{BASE} -dump cache.bin".split()
    assert str(tmp_path / "cache.bin") in flag_line(words, [tmp_path]).words
    written = flag_line([*words, "-hkl", "a.hkl"], [tmp_path]).words
    assert "cache.bin" in written
    assert str(tmp_path / "cache.bin") not in written


def test_every_flag_with_a_file_is_known_as_one() -> None:
    files = [flag for flag in FLAGS if flag.kind is ValueKind.FILE]
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


def test_a_named_cache_is_there_for_a_program_that_does_not_know_the_flag(tmp_path: Path) -> None:
    own, other, listed = tmp_path / "Fdump.bin", tmp_path / "x.bin", tmp_path / "P1.hkl"
    other.write_bytes(b"")
    listed.write_text("0 0 1 5\n")
    named = [*BASE.split(), "-dump", "x.bin"]
    assert flag_line(named, [tmp_path]).cache is None
    own.write_bytes(b"")
    assert flag_line(named, [tmp_path]).cache == own
    assert flag_line([*BASE.split(), "-dump", "Fdump.bin"], [tmp_path]).cache == own
    assert flag_line(BASE.split(), [tmp_path]).cache is None
    assert flag_line([*named, "-hkl", "P1.hkl"], [tmp_path]).cache is None
