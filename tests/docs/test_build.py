"""The pages as Sphinx builds them."""

import subprocess
import sys
from pathlib import Path

import pytest

from docs.built_links import faults
from tests.places import ROOT


@pytest.mark.slow  # all pages
def test_the_pages_are_built_without_a_warning_and_their_links_hold(tmp_path: Path) -> None:
    for module in ("sphinx", "myst_parser", "furo"):
        pytest.importorskip(
            module, reason="Sphinx, MyST and furo build the pages; pip install 'nbtrace[docs]', or make docs"
        )
    # The pages that are generated are written beside their sources: those are copied.
    copy = tmp_path / "docs"
    copy.mkdir()
    for source in (ROOT / "docs").rglob("*"):
        place = source.relative_to(ROOT / "docs")
        if source.is_file() and not {"_build", "generated", "__pycache__"} & set(place.parts):
            (copy / place).parent.mkdir(parents=True, exist_ok=True)
            (copy / place).write_bytes(source.read_bytes())
    (tmp_path / "examples").symlink_to(ROOT / "examples")
    words: list[str | Path] = [
        sys.executable,
        "-m",
        "sphinx",
        "-W",
        "--keep-going",
        "-n",
        "-q",
        "-b",
        "html",
        copy,
        tmp_path / "built",
    ]
    ended = subprocess.run(words, cwd=ROOT, capture_output=True, text=True, check=False, timeout=600)
    assert (ended.returncode, ended.stderr) == (0, "")
    assert list(faults(tmp_path / "built")) == []
    assert len(list((tmp_path / "built").rglob("*.html"))) > 40
