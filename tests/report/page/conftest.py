import io
import json
from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path
from typing import Any

import numpy as np
import pytest

import nbtrace
from nbtrace.compare.images import ImageOptions, compare_images
from nbtrace.evidence import Bundle, Provenance, read_contents
from nbtrace.images.image import Geometry, Image, Pixels
from nbtrace.images.resolution import geometry_of
from nbtrace.report import markdown
from nbtrace.report.documents.explain_document import explain_document
from nbtrace.report.documents.images_document import images_document
from nbtrace.report.documents.trace_documents import diff_document, phi_document, scaling_document
from nbtrace.report.page.page import render_page
from nbtrace.report.view import View
from nbtrace.report.views.diff_view import diff_view
from nbtrace.report.views.explain_view import explain_view
from nbtrace.report.views.images_view import images_view
from nbtrace.report.views.phi_view import phi_view
from nbtrace.report.views.scaling_view import scaling_view
from tests.browser import Browser, Tab, browser_path, running_browser


def file_view(
    bundle: Bundle, name: str, view: View, document: Mapping[str, object], inputs: Sequence[Path] = ()
) -> None:
    """File a result as the commands do."""
    bundle.add_result(
        name,
        metrics={**document, "answer": view.headline},
        summary_md=markdown.render(view),
        provenance=Provenance.collect(command=["nbtrace", name], inputs=inputs),
        exit_code=1,
        wall_seconds=0.25,
    )


def file_pair(bundle: Bundle, c: Path, py: Path) -> None:
    """File what the commands say of two logs."""
    traces = nbtrace.read_trace(c), nbtrace.read_trace(py)
    diff, phi = nbtrace.diff(*traces), nbtrace.compare_phi(*traces)
    scaling, explained = nbtrace.scaling_chain(*traces), nbtrace.explain(*traces)
    file_view(bundle, "diff", diff_view(diff), diff_document(diff), [c, py])
    file_view(bundle, "phi", phi_view(phi), phi_document(phi), [c, py])
    file_view(bundle, "scaling", scaling_view(scaling), scaling_document(scaling), [c, py])
    file_view(bundle, "explain", explain_view(explained), explain_document(explained), [c, py])


def page_of(bundle: Bundle) -> str:
    return render_page(read_contents(bundle))


@pytest.fixture
def bundle(tmp_path: Path) -> Bundle:
    return Bundle.open_or_create(tmp_path / "evidence")


@pytest.fixture(scope="session")
def pair_bundle(tmp_path_factory: pytest.TempPathFactory, pairs: Path) -> Bundle:
    """The bundle of the recorded pair in which C repeats its last φ step as its first; not to be changed."""
    folder = pairs / "supervisor__685_1039"
    bundle = Bundle.open_or_create(tmp_path_factory.mktemp("page") / "supervisor")
    file_pair(bundle, folder / "c.log", folder / "c_roi_fresh.log")
    return bundle


@pytest.fixture(scope="session")
def tilted() -> Geometry:
    """A detector whose normal is well off the beam, and a triclinic cell."""
    beam = np.array([1.0, 0.02, -0.01])
    cell = np.array([[60e-10, 3e-10, 0], [-5e-10, 70e-10, 8e-10], [4e-10, 0, 80e-10]])
    fast, slow = np.array([0.3, 0.1, 1.0]), np.array([0.1, -1.0, 0.07])
    geometry = geometry_of(np.array([0.05, 0.03, -0.045]), fast, slow, 1e-3, beam, 1.1e-10, cell, "a test")
    assert geometry is not None
    return geometry


@pytest.fixture(scope="session")
def pair_page(pair_bundle: Bundle) -> str:
    return page_of(pair_bundle)


@pytest.fixture(scope="session")
def browser(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Browser]:
    if browser_path() is None:
        pytest.skip("no Chromium is installed, so the page is not tried in a browser")
    with running_browser(tmp_path_factory.mktemp("chromium")) as running:
        yield running


@pytest.fixture
def tab(browser: Browser) -> Tab:
    tab = Tab(browser)
    tab.size(1280, 900)
    return tab


def images_told(c: Pixels, py: Pixels, geometry: Geometry | None = None) -> dict[str, Any]:
    """Return the document of two images as it is read back."""
    result = compare_images(Image(c, "c.npy", "npy"), Image(py, "py.npy", "npy"), ImageOptions(geometry=geometry))
    document: dict[str, Any] = json.loads(json.dumps(images_document(result)))
    return document


def file_images(bundle: Bundle, c: Pixels, py: Pixels, geometry: Geometry | None = None) -> None:
    """File what `nbtrace images --bundle` files of two images."""
    options = ImageOptions(geometry=geometry)
    result = compare_images(Image(c, "c.npy", "npy"), Image(py, "py.npy", "npy"), options)
    stream = io.BytesIO()
    np.savez(stream, c=c, py=py)
    bundle.add_result(
        "images",
        metrics=images_document(result),
        summary_md=markdown.render(images_view(result)),
        provenance=Provenance.collect(command=["nbtrace", "images"]),
        outputs={"images.npz": stream.getvalue()},
    )
