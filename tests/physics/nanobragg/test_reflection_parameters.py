"""The structure factor of one reflection: its names, its value in a list, and lists with another one."""

from pathlib import Path

import pytest

from nbtrace.errors import InputError, UsageError
from nbtrace.physics.nanobragg.gradient_parameters import chosen_names, parameters_in, words_at
from nbtrace.physics.nanobragg.reflection_parameters import list_of, listed_f, reflection_name, reflection_of
from simulator.arguments import parse
from simulator.hkl import read_hkl

LISTED = "  0 1 2   7.5\r\n\n1 0 -2 3\n 0 +1 2 8.25\n-10 1 2 4\n10 1 2 0\n"
FLAGS = "-cell 60 70 80 80 95 105 -default_F 100 -N 6 -lambda 1 -distance 60 -hkl {} -nopolar"


@pytest.fixture
def listed(tmp_path: Path) -> Path:
    path = tmp_path / "F.hkl"
    path.write_bytes(LISTED.encode())
    return path


@pytest.mark.parametrize("name", ["F(1,-2,30)", "F:1,-2,30", "F(1, -2, 30)", "F( 1 -2 +30 )", "F:01,-2,30"])
def test_a_reflection_has_names_of_one_meaning(name: str) -> None:
    assert reflection_of(name) == (1, -2, 30)
    assert chosen_names([name, "lambda", "F:1,-2,30"]) == ("lambda", "F(1,-2,30)")
    assert chosen_names([name]) == ("F(1,-2,30)",)
    assert reflection_of(reflection_name((1, -2, 30))) == (1, -2, 30)


@pytest.mark.parametrize("name", ["F", "F(1,2)", "F(1,2,3", "F:1,2,3)", "F(1,2,3,4)", "F(1.5,2,3)", "F(,,)", "Na"])
def test_anything_else_is_none(name: str) -> None:
    assert reflection_of(name) is None


def test_its_value_is_that_of_the_last_line_as_the_simulator_reads_it(listed: Path) -> None:
    config = parse(FLAGS.format(listed).split()).config
    table = read_hkl(listed, 100.0)
    for reflection in ((0, 1, 2), (1, 0, -2), (-10, 1, 2), (10, 1, 2)):
        assert listed_f(reflection, config) == table.lookup([reflection])[0]
    there, _ = parameters_in(config, ["F(0,1,2)", "F(10,1,2)"])
    assert [(item.value, item.unit, item.first_step) for item in there] == [(8.25, "e", 4.125), (0.0, "e", 1.0)]


def test_a_reflection_that_is_not_in_the_list_is_an_error_and_no_list_a_reason(listed: Path, tmp_path: Path) -> None:
    config = parse(FLAGS.format(listed).split()).config
    with pytest.raises(UsageError, match=r"^no reflection 0 1 3 in .*F\.hkl$"):
        parameters_in(config, ["F(0,1,3)"])
    (tmp_path / "F.hkl").write_text("h k l F\n")
    with pytest.raises(InputError, match="is not a reflection"):
        parameters_in(config, ["F(0,1,2)"])
    listed.unlink()
    with pytest.raises(InputError, match=r"F\.hkl: No such file"):
        parameters_in(config, ["F(0,1,2)"])
    without = parse(FLAGS.replace("-hkl {}", "").split()).config
    assert parameters_in(without, ["F(0,1,2)"]) == ((), {"F(0,1,2)": "the flags have no list of reflections, -hkl"})


def test_a_program_gets_a_list_with_another_value_and_all_else_as_it_is(listed: Path, tmp_path: Path) -> None:
    words = FLAGS.format(listed).split()
    (item,), _ = parameters_in(parse(words).config, ["F(0,1,2)"])
    folder = tmp_path / "changed"
    folder.mkdir()
    for value in (-0.1, 1.0 / 3.0, 1e-300):
        changed = words_at(words, item, value, folder)
        assert changed is not None
        path = Path(changed[words.index("-hkl") + 1])
        assert [word for word in changed if word != str(path)] == [word for word in words if word != str(listed)]
        assert [found.name for found in folder.iterdir()] == [path.name]
        before, after = read_hkl(listed, 100.0), read_hkl(path, 100.0)
        assert after.limits == before.limits
        assert after.reflections == before.reflections
        assert after.lookup([(0, 1, 2)])[0] == value
        assert int((before.values != after.values).sum()) == 1
    assert listed.read_bytes() == LISTED.encode()
    # Nowhere to write to, no flags that say it.
    assert words_at(words, item, 2.0) is None


def test_a_list_that_changed_is_read_again(listed: Path) -> None:
    assert list_of(listed).value((1, 0, -2)) == 3.0
    listed.write_text("1 0 -2 31.5\n")
    assert list_of(listed).value((1, 0, -2)) == 31.5
