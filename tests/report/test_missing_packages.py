"""The names under which missing packages are installed."""

from importlib.metadata import packages_distributions

import pytest

from nbtrace.report.missing_packages import needs_package


@pytest.mark.parametrize("module", ["markdown_it", "jinja2", "matplotlib"])
def test_what_is_to_be_installed_is_what_holds_the_module(module: str) -> None:
    (distribution,) = packages_distributions()[module]
    assert str(needs_package("a page", module)).lower().endswith(f"pip install {distribution.lower()}")
