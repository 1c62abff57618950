"""Fixtures for captures."""

from pathlib import Path

import pytest

from tests.capturing.python_programs import VERSIONS, Program, interpreter


@pytest.fixture(params=VERSIONS)
def program(request: pytest.FixtureRequest, tmp_path: Path) -> Program:
    """A program for each Python of this machine."""
    return Program(tmp_path, interpreter(request.param))
