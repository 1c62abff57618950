"""The parameters of derivatives: which there are, and that a flag sets each and nothing else."""

import pytest

from nbtrace.errors import UsageError
from nbtrace.physics.nanobragg.gradient_parameters import TABLE, chosen_names, parameters_in, words_at
from simulator.arguments import parse
from simulator.config import Config

WORDS = (
    "-cell 60 70 80 80 95 105 -misset 1 2 3 -default_F 100 -N 6 -energy 11300 -distance 60 -detpixels 64 -Xbeam 30 "
    "-detector_rotx 4 -twotheta 3 -mosaic_spread 0.3 -mosaic_dom 3 -flux 1e12 -exposure 0.5 -beamsize 0.02"
)
FLAGS = WORDS.split()
FEW = "-cell 60 70 80 80 95 105 -default_F 100 -N 6 -lambda 1 -distance 60"


def config(words: list[str]) -> Config:
    return parse(words).config


def test_all_but_what_the_flags_lack_are_there() -> None:
    there, missing = parameters_in(config(FLAGS), chosen_names([]))
    assert set(missing) == {"close_distance"}
    assert [item.name for item in there] == [name for name in TABLE if name not in missing]
    assert all(item.first_step > 0.0 for item in there)


@pytest.mark.parametrize("name", [name for name, entry in TABLE.items() if not entry.whole])
def test_a_flag_sets_one_parameter_and_no_other(name: str) -> None:
    words = FLAGS if name != "close_distance" else [w.replace("-distance", "-close_distance") for w in FLAGS]
    names = chosen_names([])
    before = {item.name: item for item in parameters_in(config(words), names)[0]}
    moved = before[name].value + 0.25 * before[name].first_step
    changed = words_at(words, before[name], moved)
    assert changed is not None
    after = {item.name: item.value for item in parameters_in(config(list(changed)), names)[0]}
    assert after.pop(name) == pytest.approx(moved, rel=1e-12)
    assert after == pytest.approx({item.name: item.value for item in before.values() if item.name != name}, rel=1e-15)


@pytest.mark.parametrize(("name", "flag"), [("misset_y", "-misset"), ("detector_roty", "-detector_roty")])
def test_what_is_not_given_is_put_in_front_and_the_last_word_stays_last(name: str, flag: str) -> None:
    words = [*FEW.split(), "-curved_det"]
    (item,), _ = parameters_in(config(words), [name])
    changed = words_at(words, item, 0.5)
    assert changed is not None
    assert changed[0] == flag
    assert list(changed[-len(words) :]) == words


def test_the_flag_that_counts_is_changed_at_its_place() -> None:
    words = [*FEW.split(), "-distance", "77", "-nopolar"]
    (item,), _ = parameters_in(config(words), ["distance"])
    assert item.value == 77.0
    assert words_at(words, item, 71.5) == tuple("71.5" if word == "77" else word for word in words)


def test_a_cell_of_three_numbers_keeps_its_angles() -> None:
    words = FEW.replace(" 80 95 105", "").split()
    (item,), _ = parameters_in(config(words), ["cell_b"])
    changed = words_at(words, item, 71.0)
    assert changed is not None
    assert changed[:7] == ("-cell", "60.0", "71.0", "80.0", "90.0", "90.0", "90.0")


def test_what_the_reference_takes_no_value_for_has_no_words() -> None:
    (gamma, cells), _ = parameters_in(config(FLAGS), ["cell_gamma", "Na"])
    assert words_at(FLAGS, gamma, 200.0) is None
    assert words_at(FLAGS, cells, 6.5) is None


@pytest.mark.parametrize(
    ("flags", "name", "words"),
    [
        ("-mat A.mat -hkl P1.hkl -lambda 1 -N 5 -distance 60", "cell_a", "matrix file"),
        ("-cell 60 70 80 80 95 105 -misset random -misset_seed 1 -default_F 1 -N 5", "misset_x", "random"),
        ("-cell 60 70 80 80 95 105 -xtal_x 0.001 -default_F 1", "Na", "rounded up to whole cells"),
        ("-cell 60 70 80 80 95 105 -default_F 1 -N 5 -sourcefile s.txt", "lambda", "file of sources"),
        ("-cell 60 70 80 80 95 105 -default_F 1 -N 5 -mosaic_dom 5", "mosaic_seed", "no mosaic spread"),
    ],
)
def test_what_flags_do_not_set_is_left_out_with_its_reason(flags: str, name: str, words: str) -> None:
    there, missing = parameters_in(config(flags.split()), [name])
    assert not there
    assert words in missing[name]


def test_groups_and_other_words_are_names_and_what_is_neither_is_refused() -> None:
    assert chosen_names(["cell"]) == ("cell_a", "cell_b", "cell_c", "cell_alpha", "cell_beta", "cell_gamma")
    assert chosen_names(["wavelength", "rotx"]) == ("detector_rotx", "lambda")
    assert chosen_names(["N"]) == ("Na", "Nb", "Nc")
    with pytest.raises(UsageError, match="did you mean distance"):
        chosen_names(["distanc"])
    with pytest.raises(UsageError, match="there are F, N, beam_centre"):
        chosen_names(["zzz"])
