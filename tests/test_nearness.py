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
        ("-cel", "-cell"),
        ("-clel", "-cell"),
        ("-osd", None),
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
