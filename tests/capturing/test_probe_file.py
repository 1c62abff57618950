from pathlib import Path

import pytest

from nbtrace.capturing.probe_file import read_probe_file
from nbtrace.errors import InputError, UsageError
from tests.capturing.programs import PROBES, ROWS_PROBES


@pytest.mark.parametrize("name", PROBES)
def test_probe_files_are_read(tmp_path: Path, name: str) -> None:
    (tmp_path / name).write_text(PROBES[name])
    file = read_probe_file(tmp_path / name)
    assert [probe.number for probe in file.probes] == list(range(1, len(file.probes) + 1))
    assert all(probe.quantities for probe in file.probes)


def test_what_a_file_says_is_what_is_read(tmp_path: Path) -> None:
    (tmp_path / "rows.toml").write_text(ROWS_PROBES)
    file = read_probe_file(tmp_path / "rows.toml")
    assert (file.selection.function, file.selection.loops) == ("main", ("row", "column"))
    assert file.selection.pixel == ("row", "column")
    assert file.image is not None
    assert (file.image.default, file.image.dtype, file.image.width) == ("image.bin", "float32", "columns")
    first, *_, last = file.probes
    assert (first.place.before, first.place.loop, dict(first.index)) == ("term", "step", {"step": "step"})
    assert first.quantities[0].unit == "m"
    assert first.words == "probe 1 (before term in the loop of step)"
    assert (last.place.after, last.place.function) == ("image", "main")
    returned = file.probes[2]
    assert (returned.place.returned, returned.place.call, dict(returned.when)) == ("smooth", 1, {"step": 2})


@pytest.mark.parametrize(
    ("old", "new", "message"),
    [
        ("[select]", "[selct]", "selct: there is no such key; did you mean select"),
        ('pixel = ["row", "column"]', 'pixel = ["row", "col"]', "select.pixel: 'col' is none of select.loops"),
        ('pixel = ["row", "column"]', 'pixel = ["row"]', "select.pixel: two loop variables"),
        ('loops = ["row", "column"]', 'loops = "row"', "select.loops: is no list of texts"),
        ('quantity = "final"', 'quantity = "finl"', "no probe gives 'finl'; did you mean final"),
        ('width = "columns"', "", "image.width: is missing"),
        ('width = "columns"', 'width = "columns"\ndtype = "int"', "image.dtype: 'int' is none of float32, float64"),
        ('before = "term"', 'before = "term"\nafter = "term"', "probe 1: one of after, before, line, text, returned"),
        ('before = "term"', "", "probe 1: one of after"),
        ('before = "term"', 'line = "rows.c"', r"probe 1: line: 'rows.c' is no place; write it as \"prog.c:120\""),
        ('before = "term"', 'befor = "term"', "probe 1: befor: there is no such key; did you mean before"),
        ('"state [m]"', '"state = 1"', "probe 1: quantities.state: .* a probe only reads"),
        ('"state [m]"', '"state [furlong]"', "'furlong' is no unit"),
        ('"state [m]"', "1", "an expression is a text"),
        ("{ state =", '{ "a b" =', "'a b' is no name of a quantity"),
        ("when = { step = 2 }", 'when = { step = "2" }', "probe 3: when.step: is no whole number"),
        ('returned = "smooth"', 'returned = "smooth"\ncall = 0', "probe 3: call: a number from 1 on"),
        ('returned = "smooth"', 'returned = "smooth"\noptional = 1', "probe 3: optional: is neither true nor false"),
        ('function = "main"', "", "probe 1: function is missing"),
        ('function = "main"', 'function = "main"\nheader = "at {rwo}"', "select.header: one line"),
    ],
)
def test_a_mistake_is_one_line_that_names_the_key(tmp_path: Path, old: str, new: str, message: str) -> None:
    assert old in ROWS_PROBES
    (tmp_path / "wrong.toml").write_text(ROWS_PROBES.replace(old, new, 1))
    with pytest.raises(UsageError, match=message.replace("(", r"\(")) as refused:
        read_probe_file(tmp_path / "wrong.toml")
    assert str(refused.value).startswith(f"{tmp_path / 'wrong.toml'}: ")
    assert "\n" not in str(refused.value)


def test_a_file_without_probes_is_refused(tmp_path: Path) -> None:
    (tmp_path / "empty.toml").write_text("")
    with pytest.raises(UsageError, match="probe: there is none"):
        read_probe_file(tmp_path / "empty.toml")
    with pytest.raises(InputError, match=r"missing\.toml"):
        read_probe_file(tmp_path / "missing.toml")
