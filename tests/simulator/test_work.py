"""How many samples flags promise, and what that decides."""

import pytest

from simulator.arguments import parse
from simulator.build import Inputs, build_model
from simulator.work import WORTHWHILE_SAMPLES, is_worthwhile, least_samples, may_use_native

COMMON = "-cell 60 70 80 80 95 105 -default_F 1 -lambda 1 -distance 60 -detpixels 20 -pixel 1"


@pytest.mark.parametrize(
    "flags",
    [
        "-oversample 1",
        "-oversample 3 -osc 1 -phisteps 4 -mosaic 1 -mosaic_dom 7 -detector_abs 9 -detector_thick 9 -thicksteps 3",
        "-divergence 3 -divsteps 4 -dispersion 2 -dispsteps 3",
        "-roi 3 7 2 11",
    ],
)
def test_the_samples_are_no_more_than_those_of_the_run(flags: str) -> None:
    config = parse(f"{COMMON} {flags}".split()).config
    model = build_model(config, Inputs())
    first_f, last_f, first_s, last_s = config.roi
    pixels = (last_f - first_f + 1) * (last_s - first_s + 1)
    assert 0 < least_samples(config) <= pixels * model.steps * model.layers.count
    if "div" not in flags and "oversample" in flags:
        assert least_samples(config) == pixels * model.steps * model.layers.count


@pytest.mark.parametrize(
    ("flags", "expected"),
    [
        ("", False),
        ("-compile always", True),
        ("-compile always -device cuda", False),
        ("-detpixels 4000 -oversample 1 -device auto", True),
        ("-detpixels 4000 -oversample 6 -device auto", False),
        ("-detpixels 4000 -oversample 1", True),
        ("-detpixels 4000 -oversample 1 -compile never", False),
        ("-detpixels 4000 -compile torch", False),
    ],
)
def test_compiled_code_is_wanted_where_it_pays_or_is_asked_for(flags: str, expected: bool) -> None:
    assert may_use_native(parse(f"{COMMON} {flags}".split()).config) is expected


def test_the_limit_is_the_first_that_pays() -> None:
    assert is_worthwhile(WORTHWHILE_SAMPLES)
    assert not is_worthwhile(WORTHWHILE_SAMPLES - 1)
