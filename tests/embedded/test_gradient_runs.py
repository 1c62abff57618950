"""The embedded simulator's derivatives by autograd against its values, and who is held against whom."""

import json
import os
from pathlib import Path

import numpy as np
import pytest

from nbtrace.differentiation.gradient_row import GradientStatus
from nbtrace.differentiation.measured_derivatives import measured_derivative
from nbtrace.differentiation.told_derivatives import told_derivatives
from nbtrace.embedded.autograd_runs import EmbeddedRegion
from nbtrace.embedded.choice import Choice
from nbtrace.embedded.gradient_runs import GradientRequest, gradients
from nbtrace.errors import InputError, ProgramError, UsageError
from nbtrace.images.read import read_image
from nbtrace.images.roi import Roi
from nbtrace.physics.nanobragg.gradient_parameters import parameters_in
from nbtrace.programs.command import flag_line
from nbtrace.report.documents.gradients_document import gradients_document
from nbtrace.report.documents.models.gradients import GradientsDocument
from nbtrace.verdicts.status import Verdict
from tests.places import GOLDEN_SUITE

WORDS = "-cell 60 70 80 80 95 105 -default_F 100 -N 6 -lambda 1.1 -distance 60 -detpixels 8"
FLAGS = tuple(WORDS.split())

CASES = {
    "tilted_sample_pivot": ("close_distance", "twotheta"),
    "phi_zero_mosaic": ("mosaic_spread", "mosaic_seed"),
    "round_xtal": ("Nb",),
    "water_background": ("fluence",),
}
"""Recorded runs, and the parameters that each is differentiated by."""


@pytest.fixture(autouse=True)
def _alone(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    for name in [name for name in os.environ if name.startswith("NB_")]:
        monkeypatch.delenv(name)
    monkeypatch.setenv("PATH", str(tmp_path))
    monkeypatch.chdir(tmp_path)


@pytest.mark.parametrize("case", CASES)
def test_autograd_is_what_the_values_of_a_recorded_run_give(case: str) -> None:
    folder = GOLDEN_SUITE / case
    flags = json.loads((folder / "case.json").read_text())["args"]
    image = read_image(folder / "image.npz").pixels
    slow, fast = (int(index) for index in np.unravel_index(int(np.argmax(image)), image.shape))
    pixel = slow, max(fast - 1, 0)
    result = gradients(GradientRequest(tuple(flags), pixel=pixel, parameters=CASES[case]))
    assert result.reference_value.value == pytest.approx(float(image[pixel]), rel=1e-6)
    statuses = {row.parameter.name: row.status for row in result.rows}
    none = {"mosaic_seed": GradientStatus.NOT_DIFFERENTIABLE}
    assert statuses == {name: none.get(name, GradientStatus.AGREE) for name in CASES[case]}
    digits = [row.digits or 0.0 for row in result.of_status(GradientStatus.AGREE)]
    assert min(digits) > (4.0 if "mosaic_spread" in statuses else 7.0)


def test_a_sum_is_the_sum_of_its_pixels_and_its_document_fits_its_model() -> None:
    result = gradients(GradientRequest(FLAGS, region=Roi(1, 2, 3, 3), parameters=("fluence",)))
    line = flag_line(FLAGS)
    parameters, _ = parameters_in(line.config, ["fluence"])
    alone = [EmbeddedRegion(line, Choice(), Roi(fast, fast, 3, 3)).gradient(parameters)[1] for fast in (1, 2)]
    assert result.verdict is Verdict.AGREE
    assert result.rows[0].candidate.value == pytest.approx(sum(one["fluence"].value for one in alone), rel=1e-12)
    document = GradientsDocument.model_validate(json.loads(json.dumps(gradients_document(result))))
    assert document.parameters["fluence"].status == "AGREE"
    assert (document.region.slow_first, document.region.fast_last) == (3, 2)
    assert document.names.c == "C"


def test_a_large_sum_is_differentiated_in_portions(monkeypatch: pytest.MonkeyPatch) -> None:
    line = flag_line(FLAGS)
    parameters, _ = parameters_in(line.config, ["cell_b", "Na"])
    whole = EmbeddedRegion(line, Choice(), Roi(0, 7, 0, 7))
    at_once = whole.gradient(parameters)
    monkeypatch.setattr("nbtrace.embedded.autograd_runs.SAMPLES_AT_ONCE", 40)
    in_portions = whole.gradient(parameters)
    assert in_portions[0].value == pytest.approx(at_once[0].value, rel=1e-13)
    for name in ("cell_b", "Na"):
        assert in_portions[1][name].value == pytest.approx(at_once[1][name].value, rel=1e-9)


def test_digits_that_autograd_loses_are_in_its_error_bar() -> None:
    """Near a peak the derivative of sin(Nx)/sin(x) is a small difference of large terms."""
    flags = json.loads((GOLDEN_SUITE / "adxv" / "case.json").read_text())["args"]
    line = flag_line(flags)
    region = EmbeddedRegion(line, Choice(), Roi(53, 53, 40, 40))
    parameters, _ = parameters_in(line.config, ["cell_b"])
    _, told = told_derivatives(region, parameters)
    measured = measured_derivative(region, parameters[0], region.base())
    apart = abs(told["cell_b"].value - measured.value)
    assert apart > 1e-6 * abs(measured.value)
    assert apart <= told["cell_b"].error + measured.error


REFLECTED = "-cell 60 70 80 80 95 105 -N 4 -lambda 1.1 -distance 60 -detpixels 8 -oversample 1 -hkl F.hkl"


def write_reflections(folder: Path) -> None:
    box = np.stack(np.meshgrid(*[np.arange(-5, 6)] * 3, indexing="ij"), axis=-1).reshape(-1, 3)
    rows = (f"{h} {k} {index} {50 + (7 * h + 5 * k + 3 * index) % 23}\n" for h, k, index in box)
    (folder / "F.hkl").write_text("".join(rows))


def test_a_structure_factor_of_the_nearest_reflection_counts_twice_and_that_of_others_not(tmp_path: Path) -> None:
    write_reflections(tmp_path)
    flags = (*REFLECTED.split(), "-nointerpolate")
    region = EmbeddedRegion(flag_line(flags), Choice(), Roi(5, 5, 3, 3))
    nearest = region._counts(region._model_at(parameters_in(region.config, ["distance"])[0][0], 60.0)).nearest
    h, k, index = (int(number) for number in nearest[:, 0])
    name = f"F({h},{k},{index})"
    result = gradients(GradientRequest(flags, pixel=(3, 5), parameters=(name, f"F:{h},{k},{index + 1}")))
    own, other = result.rows
    assert (own.parameter.name, own.status) == (name, GradientStatus.AGREE)
    F = 50 + (7 * h + 5 * k + 3 * index) % 23
    assert own.candidate.value == pytest.approx(2.0 * result.candidate_value.value / F, rel=1e-12)
    assert other.status is GradientStatus.UNMEASURED
    # A function's own derivative, in which the square is forgotten.
    value = result.candidate_value.value
    text = f"value = {value!r} * (parameters[{name!r}] / {F}) ** 2\n    "
    text += f"return value, {{{name!r}: value / parameters[{name!r}]}}\n"
    (tmp_path / "port.py").write_text(f"def pixel(parameters, flags, region):\n    {text}")
    asked = GradientRequest(flags, candidate="port:pixel", pixel=(3, 5), parameters=(name,))
    assert gradients(asked).rows[0].meaning == "half as large"


def test_interpolated_structure_factors_of_a_sum_have_each_their_derivative(tmp_path: Path) -> None:
    write_reflections(tmp_path)
    names = ("F(0,0,1)", "F(0,1,0)")
    request = GradientRequest((*REFLECTED.split(), "-interpolate"), region=Roi(3, 4, 3, 4), parameters=names)
    result = gradients(request)
    assert [row.parameter.name for row in result.rows] == list(names)
    assert {row.status for row in result.rows} == {GradientStatus.AGREE}
    assert len({row.candidate.value for row in result.rows}) == 2


@pytest.mark.parametrize(
    ("request_", "words"),
    [
        (GradientRequest(FLAGS, pixel=(3, 4), region=Roi(0, 1, 0, 1)), "give one of them"),
        (GradientRequest(FLAGS, pixel=(8, 4)), "not on the detector"),
        (GradientRequest((*FLAGS, "-roi", "0", "3", "0", "3"), pixel=(5, 5)), "is not inside"),
        (GradientRequest(FLAGS, region=Roi(0, 8, 0, 1)), "is not inside"),
        (GradientRequest(FLAGS, tolerance=0.0), "between 0 and 1"),
        (GradientRequest(FLAGS, parameters=("cel",)), "did you mean cell"),
        (GradientRequest(("-misset", "random", *FLAGS)), "every run has another orientation"),
        (GradientRequest(FLAGS, embedded=Choice(mode="nosuch")), "mode 'nosuch' is unknown"),
    ],
)
def test_what_makes_no_sense_is_refused_before_anything_runs(request_: GradientRequest, words: str) -> None:
    with pytest.raises(UsageError, match=words):
        request_.checked()


def test_nothing_comparable_is_an_error_with_its_reasons() -> None:
    with pytest.raises(InputError, match="no derivative of pixel slow 3 fast 4 could be compared: mosaic_spread"):
        gradients(GradientRequest(FLAGS, pixel=(3, 4), parameters=("mosaic_spread",)))


def test_a_program_that_is_missing_is_no_other_reference(monkeypatch: pytest.MonkeyPatch) -> None:
    with pytest.raises(ProgramError, match="is not there"):
        GradientRequest(FLAGS, reference="./nosuch").checked()
    monkeypatch.setenv("NB_C_BIN", "./nosuch")
    with pytest.raises(ProgramError, match="is not there"):
        GradientRequest(FLAGS).checked()
