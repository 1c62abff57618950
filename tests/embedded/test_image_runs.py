"""Runs held against images: what was changed is named, on the side that has it, and nothing else is claimed."""

from dataclasses import dataclass, replace

import numpy as np
import numpy.typing as npt
import pytest
import torch

from nbtrace.compare.images import ImageOptions, compare_images
from nbtrace.embedded.choice import Choice, parsed_flags
from nbtrace.embedded.image_runs import EmbeddedImages, image_experiments
from nbtrace.explanation.images.image_causes import ImageCauses, image_causes
from nbtrace.images.image import Image
from nbtrace.records import Side
from nbtrace.report.views.image_causes_view import cause_headline
from simulator.build import build_model, read_inputs
from simulator.config import Config
from simulator.engines import EngineKind, chosen_engine
from simulator.kernel import EAGER
from simulator.run import image_values, simulate

FLAGS = (
    "-default_F 100 -cell 60 70 80 85 95 100 -lambda 1.5 -N 5 -distance 120 -detpixels 64 -pixel 0.7 -oversample 1 "
    "-misset 10 20 30 -phi 0 -osc 5 -phisteps 2"
)
Pixels = npt.NDArray[np.float32]


def configured(flags: str = FLAGS, mode: str | None = None) -> Config:
    config = parsed_flags(flags.split())
    return Choice(mode).applied(config) if mode else config


def made(config: Config) -> Pixels:
    return simulate(build_model(config, read_inputs(config)))


C = made(configured())


@dataclass(frozen=True)
class Told:
    causes: ImageCauses
    line: str


def told(
    py: npt.NDArray[np.generic], c: npt.NDArray[np.generic] = C, flags: str = FLAGS, seconds: float = 30.0
) -> Told:
    result = compare_images(Image(c, "c", "npy"), Image(py, "py", "npy"), ImageOptions())
    causes = image_causes(result, configured(flags), replace(image_experiments(), seconds=seconds))
    return Told(causes, cause_headline(result, causes))


CHANGED = {
    "φ at mid-step": (FLAGS.replace("-phi 0", "-phi 1.25"), None, "φ at the middle of each step"),
    "switches": (FLAGS, "spec", "the right c* of a cell (cell_c_star_z off) and a fresh rotation at φ = 0"),
    "cells": (FLAGS.replace("-N 5", "-N 8"), None, "N 8"),
    "half a pixel": (
        f"{FLAGS} -Xbeam 22.75 -Ybeam 22.4",
        None,
        "the beam centre half a pixel off (X +0.5, Y +0 pixels)",
    ),
    "polarisation": (f"{FLAGS} -nopolar", None, "no polarisation factor"),
    "shape": (f"{FLAGS} -gauss_xtal", None, "a Gaussian crystal"),
}


@pytest.mark.parametrize("kind", CHANGED)
def test_the_change_is_named_and_the_other_side_is_as_configured(kind: str) -> None:
    flags, mode, words = CHANGED[kind]
    reference = f"{FLAGS} -Xbeam 22.4 -Ybeam 22.4" if "-Xbeam" in flags else FLAGS
    c = made(configured(reference))
    found = told(made(configured(flags, mode)), c, reference)
    assert found.line.startswith(f"Py = the model with {words}")
    assert "; C = the model as configured, correlation 1" in found.line
    assert found.causes.reproductions[Side.PY].holds
    assert found.causes.reproductions[Side.PY].all


def test_the_side_that_departs_is_named_whichever_it_is() -> None:
    found = told(C, made(configured(f"{FLAGS} -nopolar")))
    assert found.line.startswith("C = the model with no polarisation factor")
    assert "; Py = the model as configured" in found.line


def test_a_factor_left_out_is_found_without_a_run_that_has_it() -> None:
    simulator = EmbeddedImages()
    omega = simulator.factors(configured(), np.arange(C.size, dtype=np.int64))["omega"].reshape(C.shape)
    found = told((C / omega).astype(np.float32))
    assert found.line.startswith("Py/C = omega^-1 in every one of ")
    assert "; C = the model as configured" in found.line


def test_an_image_that_no_run_has_is_not_claimed() -> None:
    strange = np.random.default_rng(1).lognormal(0, 2, C.shape).astype(np.float32)
    found = told(strange, seconds=1.0)
    assert "Py =" not in found.line
    assert found.line.startswith("C = the model as configured")
    assert found.line.endswith("Py is no run that was tried")


def test_a_relation_that_leaves_nothing_comes_first() -> None:
    found = told(C * np.float32(2.5))
    assert found.line.startswith("Py is C times 2.5")
    assert found.line.split("; ")[-1].startswith("C = the model as configured")
    assert Side.PY not in found.causes.reproductions


def test_flags_of_another_detector_are_refused_with_the_reason() -> None:
    found = told(C[:, :-1] * np.float32(2), C[:, :-1])
    assert found.causes.refused == "the flags are of 64 x 64 pixels (slow x fast), the images have 64 x 63"
    assert not found.causes.reproductions


def test_chosen_pixels_have_the_values_of_the_whole_image() -> None:
    simulator = EmbeddedImages()
    some = np.array([0, 7, 1000, C.size - 1], dtype=np.int64)
    values = simulator.values(configured(), some).astype(np.float32)
    assert np.array_equal(values, C.ravel()[some])


@pytest.mark.parametrize(
    "flags", [f"{FLAGS} -nopolar", f"{FLAGS} -distance 130", f"{FLAGS} -spindle_axis 0 1 0", FLAGS]
)
def test_a_model_built_like_another_is_the_same(flags: str) -> None:
    base = build_model(configured())
    config = configured(flags)
    with torch.no_grad():
        assert np.array_equal(simulate(build_model(config, like=base)), simulate(build_model(config)))


def test_many_pixels_are_computed_by_what_computes_their_image_and_few_by_the_eager_kernel() -> None:
    few, many = np.arange(64, dtype=np.int64), np.arange(0, 6400, dtype=np.int64)
    always = configured(f"{FLAGS.replace('-detpixels 64', '-detpixels 81')} -compile always")
    model = build_model(always)
    with torch.no_grad():
        chosen = chosen_engine(model)
        visited = torch.arange(6561)
        native, eager = (image_values(model, visited, engine=engine).numpy() for engine in (chosen.engine, EAGER))
    if chosen.kind is not EngineKind.NATIVE:
        pytest.skip(chosen.said)
    simulator = EmbeddedImages()
    assert np.array_equal(simulator.values(always, many), native[many])
    assert np.array_equal(simulator.values(always, few), eager[few])
    assert not np.array_equal(native[few], eager[few])
