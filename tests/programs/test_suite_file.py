from pathlib import Path

import pytest

from nbtrace.compare.images import ImageOptions, Roi
from nbtrace.errors import InputError, UsageError
from nbtrace.programs.suite_file import read_suite, tasks

HEAD = 'format_version = 1\nname = "s"\n'


def write(path: Path, text: str) -> Path:
    path.write_text(text)
    return path


def test_a_case_stands_on_the_defaults(tmp_path: Path) -> None:
    text = HEAD + (
        "[defaults]\nrelative = 1e-5\nrepeat = 3\n"
        '[[case]]\nname = "a"\nflags = "-hkl \'my list.hkl\' -N 5"\ninputs = ["in"]\nrelative = 1e-3\n'
        "sum_ratio = [0.9, 1.1]\nroi = [1, 2, 3, 4]\npixels = [[5, 6]]\n"
        '[[case]]\nname = "b"\nflags = ["-N", "5"]\ntraces = false\n'
    )
    suite = read_suite(write(tmp_path / "s.toml", text))
    a, b = tasks(suite, tmp_path)
    assert a.words == ("-hkl", "my list.hkl", "-N", "5")
    assert a.folders == (tmp_path, tmp_path / "in")
    assert (a.settings.relative, b.settings.relative, b.settings.repeat) == (1e-3, 1e-5, 3)
    assert a.pixels == ((5, 6),)
    options = a.image_options(ImageOptions(threshold=0.5), "s.toml")
    assert (options.roi, options.sum_ratio, options.threshold) == (Roi(1, 2, 3, 4), (0.9, 1.1), 0.5)
    assert (options.origin("relative"), options.origin("threshold")) == ("s.toml", "given")
    assert [task.name for task in tasks(suite, tmp_path, ["b"])] == ["b"]


def test_a_region_is_slow_first_and_stands_in_place_of_the_defaults(tmp_path: Path) -> None:
    text = HEAD + (
        "[defaults]\nroi = [1, 2, 3, 4]\n"
        '[[case]]\nname = "a"\nflags = "-N 5"\nregion = [3, 4, 1, 2]\n'
        '[[case]]\nname = "b"\nflags = "-N 5"\n'
        '[[case]]\nname = "c"\nflags = "-N 5"\nregion = [7, 8, 5, 6]\n'
    )
    regions = [
        task.image_options(ImageOptions(), "s.toml").roi
        for task in tasks(read_suite(write(tmp_path / "s.toml", text)), tmp_path)
    ]
    assert regions == [Roi(1, 2, 3, 4), Roi(1, 2, 3, 4), Roi(5, 6, 7, 8)]


def test_a_region_that_is_given_twice_is_refused(tmp_path: Path) -> None:
    text = HEAD + '[[case]]\nname = "a"\nflags = "-N 5"\nregion = [3, 4, 1, 2]\nroi = [1, 2, 3, 4]\n'
    with pytest.raises(UsageError, match="give one"):
        read_suite(write(tmp_path / "s.toml", text))


CASE = '[[case]]\nname = "a"\nflags = "-N 5"\n'


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("", "format_version is missing"),
        (HEAD, "case is missing"),
        (HEAD + "case = []", "case: List should have at least 1 item"),
        (CASE, "format_version is missing"),
        (HEAD.replace("1", "2") + CASE, "format_version"),
        (HEAD + CASE + CASE, "two cases are called 'a'"),
        (HEAD + '[[case]]\nname = "a"\n', "give flags, or archived"),
        (HEAD + '[[case]]\nname = "a"\nflags = ""\n', "flags are empty"),
        (HEAD + '[[case]]\nname = "a"\nflags = []\n', "flags are empty"),
        (HEAD + '[[case]]\nname = ""\nflags = "-N 5"\n', "case.0.name"),
        (HEAD + '[[case]]\nname = "a\\u001b[31m"\nflags = "-N 5"\n', "case.0.name"),
        (HEAD + CASE + "cand = 'rm -rf /'\n", "case.0.cand"),
        (HEAD + CASE + "relative = -1\n", "relative"),
        (HEAD + CASE + "relative = nan\n", "relative"),
        (HEAD + CASE + "repeat = 0\n", "repeat"),
        (HEAD + CASE + "repeat = 1000000\n", "repeat"),
        (HEAD + CASE + "repeat = true\n", "repeat"),
        (HEAD + CASE + "roi = [1, 2, 3]\n", "roi"),
        (HEAD + CASE + "pixels = [[1]]\n", "pixels"),
        (HEAD + CASE + "threshold = '0.9'\n", "threshold"),
        (HEAD + "x = " + "[" * 5000, "TOML"),
        ("\0", "TOML"),
    ],
)
def test_a_file_that_is_no_suite_is_one_line(text: str, said: str, tmp_path: Path) -> None:
    with pytest.raises(UsageError, match=r"s\.toml") as caught:
        read_suite(write(tmp_path / "s.toml", text))
    assert said in str(caught.value)
    assert "\n" not in str(caught.value)


MATRIX = """
[[matrix]]
name = "m"
flags = "-default_F 1 -lambda 1"
inputs = ["in"]
[matrix.values]
"-cell" = ["70 80 90 90 90 90", "50 50 50 90 90 90"]
"-N" = [1, 2]
"-round_xtal" = [true, false]
[[matrix.exclude]]
"-N" = 1
"-round_xtal" = true
[[matrix.limits]]
when = {"-N" = 2, "-round_xtal" = true}
relative = 1e-3
"""


def test_a_matrix_has_a_case_for_each_combination_that_is_not_excluded(tmp_path: Path) -> None:
    text = HEAD + "[defaults]\nrelative = 1e-5\n" + CASE + MATRIX
    found = tasks(read_suite(write(tmp_path / "s.toml", text)), tmp_path)
    assert [task.name for task in found] == [
        "a",
        *(
            f"m: -cell {cell} 90 90 90 {rest}"
            for cell in ("70 80 90", "50 50 50")
            for rest in ("-N 1", "-N 2 -round_xtal", "-N 2")
        ),
    ]
    assert " ".join(found[2].words) == "-default_F 1 -lambda 1 -cell 70 80 90 90 90 90 -N 2 -round_xtal"
    assert [task.settings.relative for task in found[1:4]] == [1e-5, 1e-3, 1e-5]
    assert found[1].folders == (tmp_path, tmp_path / "in")


@pytest.mark.parametrize(
    ("change", "said"),
    [
        (('"-N" = 1\n', '"-N" = 3\n'), "exclude names -N = 3, which is none of its values"),
        (('"-N" = 1\n', '"-N" = true\n'), "exclude names -N = True"),
        (('"-N" = 2, ', '"-M" = 2, '), "limits names -M = 2"),
        (('"-N" = [1, 2]', '"-N" = []'), "at least 1 item"),
        (('"-N" = [1, 2]', '"N" = [1, 2]'), "matrix.0.values"),
        (('"-N" = [1, 2]', '"-N" = [1, 2, 2]'), "two cases are called"),
        (("relative = 1e-3", "relativ = 1e-3"), "relativ"),
        (('"-N" = 1\n"-round_xtal" = true\n', '"-N" = 1\n[[matrix.exclude]]\n"-N" = 2\n'), "every combination"),
        (('"-N" = [1, 2]', f'"-N" = {list(range(60_000))}'), "240000 combinations, of which 100000 can be run"),
        (('flags = "-default_F 1', "flags = \"-default_F '1"), "case 'm': the flags cannot be split"),
    ],
)
def test_a_matrix_that_is_none_is_one_line(change: tuple[str, str], said: str, tmp_path: Path) -> None:
    text = HEAD + MATRIX.replace(*change)
    assert text != HEAD + MATRIX
    with pytest.raises(UsageError, match=r"s\.toml|case 'm'") as caught:
        read_suite(write(tmp_path / "s.toml", text))
    assert said in str(caught.value)
    assert "\n" not in str(caught.value)


def test_limits_that_contradict_themselves_and_open_quotes_are_errors(tmp_path: Path) -> None:
    suite = read_suite(write(tmp_path / "s.toml", HEAD + CASE + "sum_ratio = [2.0, 1.0]\nroi = [3, 1, 0, 0]\n"))
    with pytest.raises(UsageError):
        tasks(suite, tmp_path)[0].image_options(ImageOptions(), "s.toml")
    suite = read_suite(write(tmp_path / "s.toml", HEAD + '[[case]]\nname = "a"\nflags = "-hkl \'x"\n'))
    with pytest.raises(UsageError, match="case 'a': the flags cannot be split"):
        tasks(suite, tmp_path)


def test_a_missing_file_and_one_that_is_no_text_are_errors(tmp_path: Path) -> None:
    with pytest.raises(InputError, match="No such file"):
        read_suite(tmp_path / "nope.toml")
    (tmp_path / "s.toml").write_bytes(b"\xff\xfe")
    with pytest.raises(UsageError, match="no valid TOML"):
        read_suite(tmp_path / "s.toml")
