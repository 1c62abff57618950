"""The embedded simulator's derivatives by autograd against its values, and who is held against whom."""

import json
import os
from pathlib import Path

import numpy as np
import pytest

from nbtrace.differentiation.gradient_row import GradientStatus
from nbtrace.embedded.choice import Choice
from nbtrace.embedded.gradient_runs import GradientRequest, gradients
from nbtrace.errors import InputError, ProgramError, UsageError
from nbtrace.images.read import read_image
from nbtrace.images.roi import Roi
from nbtrace.report.documents.gradients_document import gradients_document
from nbtrace.report.documents.models.gradients import GradientsDocument
from nbtrace.verdicts.status import Verdict
from tests.places import GOLDEN_SUITE

FLAGS = tuple(
    [
        "-cell",
        "60",
        "70",
        "80",
        "80",
        "95",
        "105",
        "-default_F",
        "100",
        "-N",
        "6",
        "-lambda",
        "1.1",
        "-distance",
        "60",
        "-detpixels",
        "8",
    ]
)

CASES = {
    "tilted_sample_pivot": ("close_distance", "detector_rotx", "twotheta"),
    "phi_zero_mosaic": ("cell_a", "mosaic_spread", "mosaic_seed"),
    "round_xtal": ("misset_y", "Nb"),
    "water_background": ("default_F", "fluence"),
    "denzo": ("Xbeam", "lambda"),
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
    assert statuses == {
        name: none.get(name, GradientStatus.AGREE) for name in sorted(statuses, key=list(statuses).index)
    }
    assert set(statuses) == set(CASES[case])
    digits = [row.digits or 0.0 for row in result.of_status(GradientStatus.AGREE)]
    assert min(digits) > (4.0 if "mosaic_spread" in statuses else 7.0)


def test_a_sum_is_the_sum_of_its_pixels_and_its_document_fits_its_model() -> None:
    request = GradientRequest(FLAGS, region=Roi(1, 2, 3, 3), parameters=("distance",))
    result = gradients(request)
    alone = [gradients(GradientRequest(FLAGS, pixel=(3, fast), parameters=("distance",))) for fast in (1, 2)]
    assert result.verdict is Verdict.AGREE
    assert result.rows[0].candidate.value == pytest.approx(sum(one.rows[0].candidate.value for one in alone), rel=1e-12)
    document = GradientsDocument.model_validate(json.loads(json.dumps(gradients_document(result))))
    assert document.parameters["distance"].status == "AGREE"
    assert (document.region.slow_first, document.region.fast_last) == (3, 2)
    assert document.names.c == "C"


def test_single_precision_is_told_from_double() -> None:
    single = gradients(GradientRequest(FLAGS, pixel=(3, 4), parameters=("cell_b",), embedded=Choice(dtype="float32")))
    assert single.rows[0].digits is not None
    assert single.rows[0].digits < 8.0
    assert single.rows[0].status is GradientStatus.DIFFER or single.rows[0].candidate.error > 0.0


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


def test_a_function_is_held_against_the_embedded_simulator_and_every_mistake_is_its_own(tmp_path: Path) -> None:
    """The value of a pixel is that of the embedded simulator; one derivative of three is right."""
    known = gradients(GradientRequest(FLAGS, pixel=(3, 4), parameters=("default_F", "fluence", "distance")))
    told = {row.parameter.name: row.candidate.value for row in known.rows}
    slopes = {"distance": -told["distance"], "default_F": told["default_F"], "fluence": None}
    (tmp_path / "port.py").write_text(
        "def pixel(parameters, flags, region):\n"
        "    assert region == (3, 3, 4, 4) and '-cell' in flags\n"
        f"    value = {known.candidate_value.value!r} * (parameters['default_F'] / 100.0) ** 2\n"
        f"    return value, {slopes!r}\n"
    )
    request = GradientRequest(FLAGS, candidate="port:pixel", pixel=(3, 4), parameters=tuple(told))
    result = gradients(request)
    assert result.verdict is Verdict.DIFFER
    statuses = {row.parameter.name: row.status for row in result.rows}
    assert statuses == {
        "distance": GradientStatus.DIFFER,
        "default_F": GradientStatus.AGREE,
        "fluence": GradientStatus.DIFFER,
    }
    first = result.first_apart
    assert first is not None
    assert first.meaning == "the other sign"
    assert result.sources.witness.startswith("embedded simulator")
    assert "None: no graph leads to it" in result.report()
