"""Bundles as CI systems get them: filed by the commands' own documents, and hand-made ones that no command files."""

from collections.abc import Callable
from dataclasses import replace
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from nbtrace import Trace, check, compare_phi, diff, explain, parse_trace, scaling_chain
from nbtrace.compare.images import compare_images
from nbtrace.compare.sweep import sweep
from nbtrace.compare.sweep_result import Precision, PrecisionRun
from nbtrace.evidence.bundle import Bundle
from nbtrace.evidence.contents import Contents, FiledResult, read_contents
from nbtrace.evidence.provenance import Provenance
from nbtrace.images.image import Image
from nbtrace.report.documents.explain_document import explain_document
from nbtrace.report.documents.images_document import images_document
from nbtrace.report.documents.sweep_document import sweep_document
from nbtrace.report.documents.trace_documents import check_document, diff_document, phi_document, scaling_document
from nbtrace.report.views.diff_view import headline

Made = Callable[..., Contents]
TIME = datetime(2026, 1, 2, 3, 4, 5, tzinfo=UTC)


def filed(folder: Path, *documents: tuple[str, Any], exit_code: int | None = None) -> Contents:
    """File documents under names, and read them back."""
    bundle = Bundle.open_or_create(folder)
    provenance = Provenance.collect(command=["nbtrace", "x"], time=TIME)
    for name, document in documents:
        bundle.add_result(
            name, metrics=document, summary_md="", provenance=provenance, exit_code=exit_code, wall_seconds=0.25
        )
    return read_contents(bundle)


@pytest.fixture
def file(tmp_path: Path) -> Made:
    """Files (name, document) pairs in a bundle and reads it back."""
    return lambda *documents, **more: filed(tmp_path / "bundle", *documents, **more)


@pytest.fixture(scope="session")
def traces(pairs: Path) -> tuple[Trace, Trace]:
    """The supervisor's pixel in a whole image and alone: φ step 0 differs."""
    folder = pairs / "supervisor__685_1039"
    (c,), (py,) = (parse_trace((folder / name).read_text(), f"logs/{name}") for name in ("c.log", "c_roi_fresh.log"))
    return c, py


@pytest.fixture(scope="session")
def everything(traces: tuple[Trace, Trace], tmp_path_factory: pytest.TempPathFactory) -> Contents:
    """One result of every command that makes a verdict, all of a pair that differs; and a self-check that holds."""
    c, py = traces
    runs = [PrecisionRun(precision, "cpu", c) for precision in Precision]
    pixels = np.random.default_rng(3).random((16, 16))
    images = Image(pixels, "c.npy", "array"), Image(pixels * 1.1, "py.npy", "array")
    return filed(
        tmp_path_factory.mktemp("everything") / "bundle",
        ("diff", {**diff_document(diff(c, py)), "answer": headline(diff(c, py))}),
        ("phi", phi_document(compare_phi(py, c))),
        ("scaling", scaling_document(scaling_chain(c, py))),
        ("explain", explain_document(explain(c, py))),
        ("check", check_document(check(c))),
        ("sweep", sweep_document(sweep(runs, py))),
        ("images", images_document(compare_images(*images))),
        ("diff", diff_document(diff(c, c))),
    )


@pytest.fixture(scope="session")
def invented(tmp_path_factory: pytest.TempPathFactory) -> Callable[..., Contents]:
    """Returns contents with results that are given, as if they stood in a bundle."""
    empty = filed(tmp_path_factory.mktemp("empty") / "bundle", ("x", {"verdict": "agree"}))

    def contents(*documents: Any, name: str = "diff", **metadata: Any) -> Contents:
        results = tuple(FiledResult(name, "2026-01-02T03:04:05Z", item, metadata, "", ()) for item in documents)
        return replace(empty, results=results)

    return contents
