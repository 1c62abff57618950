import io
from typing import Any

import numpy as np
import pytest

from nbtrace.evidence import Bundle, Provenance, read_contents
from nbtrace.images.image import Geometry
from nbtrace.report.page.pictures import Pictures, pictures_of
from tests.report.page.conftest import images_told

PNG = b"\x89PNG\r\n\x1a\n" + bytes(32)


def pictures(bundle: Bundle, document: dict[str, Any], outputs: dict[str, bytes]) -> Pictures:
    bundle.add_result(
        "images", metrics=document, summary_md="# Images\n", provenance=Provenance.collect(), outputs=outputs
    )
    contents = read_contents(bundle)
    return pictures_of(contents.results[0], contents, "result-1", all_pixels=False)


def arrays(c: np.ndarray, py: np.ndarray) -> bytes:
    stream = io.BytesIO()
    np.savez(stream, c=c, py=py)
    return stream.getvalue()


def test_the_viewer_has_the_geometry_of_the_document(bundle: Bundle, tilted: Geometry) -> None:
    c = np.arange(1200.0).reshape(30, 40)
    found = pictures(bundle, images_told(c, c + 1, tilted), {"images.npz": arrays(c, c + 1)})
    assert found.remarks == ()
    assert found.viewer is not None
    head = found.viewer.head["geometry"]
    assert head["corner"] == pytest.approx(list(tilted.pix0 / tilted.pixel_size))
    assert head["slow"] == pytest.approx(list(tilted.slow))
    assert tilted.cell is not None
    assert np.array(head["cell"]) == pytest.approx(tilted.cell * 1e10)
    assert "as told by a test." in found.viewer.caption[-1]


@pytest.mark.parametrize(
    "nonsense",
    [
        {"corner_mm": [1.0, 2.0]},
        {"corner_mm": [0.0, 0.0, 0.0]},
        {"pixel_mm": None},
        {"wavelength_angstrom": -1.0},
        {"cell_angstrom": [[1.0, 2.0, 3.0], [1.0]]},
        {"beam": [0, 0, 0]},
    ],
)
def test_a_geometry_that_is_none_is_left_out_with_a_remark(
    bundle: Bundle, tilted: Geometry, nonsense: dict[str, Any]
) -> None:
    c = np.arange(48.0).reshape(6, 8)
    document = images_told(c, c + 1, tilted)
    document["geometry"] |= nonsense
    found = pictures(bundle, document, {"images.npz": arrays(c, c + 1)})
    assert found.viewer is not None
    assert found.viewer.head["geometry"] is None
    assert [remark.partition(":")[0] for remark in found.remarks] == ["The rings of resolution are left out"]


def test_captions_of_pictures_are_sentences(bundle: Bundle) -> None:
    c = np.eye(6)
    names = ("images.png", "scatter.png", "2_fast_ratio.png", "mine.png")
    found = pictures(bundle, images_told(c, 2 * c), dict.fromkeys(names, PNG))
    captions = [figure.caption for figure in found.figures]
    assert all(caption.endswith(".") for caption in captions)
    assert captions[0] == "C and Py on one scale, and Py − C: red where Py is larger, blue where C is."
    assert captions[2].startswith("2_fast_ratio.png: The ratio Py/C")
    assert captions[3] == "The picture that was filed as mine.png."
