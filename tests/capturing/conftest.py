from collections.abc import Callable
from pathlib import Path

import pytest

from nbtrace.capturing.capture_request import CaptureRequest
from nbtrace.capturing.probe_file import read_probe_file
from tests.capturing.programs import compiled
from tests.capturing.python_programs import VERSIONS, Program, interpreter


@pytest.fixture(scope="session")
def rows(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A position-independent program with OpenMP, in a folder with its source and its probes."""
    return compiled(tmp_path_factory.mktemp("rows"), "rows.c", "-O0", "-g", "-fopenmp", "-fPIE", "-pie")


@pytest.fixture(scope="session")
def odd(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A program that misbehaves in the way that its argument names."""
    return compiled(tmp_path_factory.mktemp("odd"), "odd.c", "-O0", "-g")


Request = Callable[..., CaptureRequest]


@pytest.fixture
def request_of(tmp_path: Path) -> Request:
    """Makes the request to capture from a program, whose probes stand beside it, in an empty folder."""
    folder = tmp_path / "run"
    folder.mkdir()

    def made(program: Path, *arguments: str, probes: Path | None = None, **settings: object) -> CaptureRequest:
        file = probes or next(program.parent.glob("*.toml"))
        given = {"folder": folder, "seconds": 20.0, **settings}
        return CaptureRequest(program, arguments, read_probe_file(file), **given)  # type: ignore[arg-type]

    return made


@pytest.fixture(params=VERSIONS)
def program(request: pytest.FixtureRequest, tmp_path: Path) -> Program:
    """A Python program for each Python of this machine."""
    return Program(tmp_path, interpreter(request.param))
