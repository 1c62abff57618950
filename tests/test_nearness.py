"""Which name a word was meant to be; the simulator, which stands alone, has the same rule."""

import pytest

from nbtrace import nearness
from simulator import suggestion

FLAGS = [
    "-mosflm",
    "-lambda",
    "-phi",
    "-phistep",
    "-phisteps",
    "-cell",
    "-detector_thick",
    "-osc",
    "-default_F",
    "-distance",
]


@pytest.mark.parametrize("nearest", [nearness.nearest, suggestion.nearest], ids=["nbtrace", "simulator"])
@pytest.mark.parametrize(
    ("word", "meant"),
    [
        ("-lamda", "-lambda"),
        ("-lambad", "-lambda"),
        ("-lamb", "-lambda"),
        ("-Lambda", "-lambda"),
        ("--lambda", "-lambda"),
        ("-phi_step", "-phistep"),
        ("-phistepss", "-phisteps"),
        ("-dist", "-distance"),
        ("-default_f", "-default_F"),
        ("-osd", "-osc"),
        ("-psf", None),
        ("-gain", None),
        ("-N_cells", None),
        ("-readout", None),
        ("-thickness", None),
        ("-x", None),
        ("", None),
        ("-" + "lambda" * 1000, None),
    ],
)
def test_only_what_is_near_is_suggested(nearest: object, word: str, meant: str | None) -> None:
    assert callable(nearest)
    assert nearest(word, FLAGS) == meant


def test_slips_are_counted_as_they_are_made() -> None:
    for one, other, count in (
        ("abc", "abc", 0),
        ("abc", "acb", 1),
        ("abc", "abcd", 1),
        ("abc", "axd", 2),
        ("", "ab", 2),
    ):
        assert nearness.slips(one, other) == suggestion.slips(one, other) == nearness.slips(other, one) == count
