"""A function in a process of its own: what it is given, what it may return, and every way in which it may fail."""

from collections.abc import Callable
from pathlib import Path

import pytest

from nbtrace.differentiation.derivative import DerivativeKind, GradientParameter
from nbtrace.differentiation.python_function import is_function, python_function
from nbtrace.errors import ProgramError
from nbtrace.images.roi import Roi

PARAMETERS = (GradientParameter("a", "Å", 3.0, 0.1), GradientParameter("b", "1", 2.0, 0.1))
REGION = Roi(4, 4, 2, 2)

PORT = """
import os, sys, time

def pixel(parameters, flags, region):
    print("what a port prints is no answer")
    assert flags == ["-N", "5"] and region == (2, 2, 4, 4), (flags, region)
    a, b = parameters["a"], parameters["b"]
    return a * a * b, {"a": 2 * a * b, "b": None}

class Detector:
    @staticmethod
    def value(parameters, flags, region):
        return 7

def raises(parameters, flags, region):
    raise RuntimeError("no crystal\\x1b[31m\\nsecond line")

def ends(parameters, flags, region):
    sys.stderr.write("fatal: out of memory\\n")
    sys.stderr.flush()
    os._exit(9)

def hangs(parameters, flags, region):
    time.sleep(600)

def many(parameters, flags, region):
    class Array:
        size = 12
    return Array()

number = 3
"""


@pytest.fixture(scope="module")
def port(tmp_path_factory: pytest.TempPathFactory) -> Callable[[str], str]:
    path = tmp_path_factory.mktemp("port") / "port.py"
    path.write_text(PORT)
    return lambda name: f"{path}:{name}"


def test_a_function_gets_floats_and_tells_its_derivatives(port: Callable[[str], str]) -> None:
    with python_function(port("pixel"), ["-N", "5"], REGION, PARAMETERS) as function:
        value, told = function.gradient(PARAMETERS)
        assert value.value == 18.0
        assert (told["a"].kind, told["a"].value) == (DerivativeKind.AUTOGRAD, 12.0)
        assert told["b"].kind is DerivativeKind.DETACHED
        assert function.value(PARAMETERS[0], 5.0).value == 50.0
        assert function.base().value == 18.0


FAILURES = {
    "raises": "failed: RuntimeError: no crystal",
    "ends": r"its process ended, exit 9; its last words: fatal: out of memory",
    "hangs": "no answer after 1 s",
    "many": "returned 12 numbers",
    "Detector.value": "returned a int without derivatives",
}


@pytest.mark.parametrize("name", FAILURES)
def test_a_function_that_fails_is_one_line(port: Callable[[str], str], name: str) -> None:
    seconds = 1.0 if name == "hangs" else 60.0
    with (
        python_function(port(name), ["-N", "5"], REGION, PARAMETERS, seconds) as function,
        pytest.raises(ProgramError, match=FAILURES[name]) as failed,
    ):
        function.gradient(PARAMETERS)
    assert "\n" not in str(failed.value)
    assert "\x1b" not in str(failed.value)


@pytest.mark.parametrize(
    ("target", "words"),
    [
        ("nosuchmodule:pixel", "cannot be loaded: ModuleNotFoundError"),
        ("{}:nosuch", "cannot be loaded: AttributeError"),
        ("{}:number", "is a int, no function"),
        ("missing.py:pixel", "cannot be loaded: FileNotFoundError"),
    ],
)
def test_what_cannot_be_loaded_is_one_line(port: Callable[[str], str], target: str, words: str) -> None:
    named = target.format(port("x").rpartition(":")[0])
    with pytest.raises(ProgramError, match=words), python_function(named, [], REGION, PARAMETERS):
        pass


@pytest.mark.parametrize(
    ("text", "is_one"),
    [
        ("port:pixel", True),
        ("package.port:Detector.value", True),
        ("./some/port.py:pixel", True),
        ("./port", False),
        ("python -m port", False),
        ("C:/port", False),
        ("port:", False),
        ("python port.py:x y", False),
    ],
)
def test_a_function_is_told_from_a_command(text: str, *, is_one: bool) -> None:
    assert is_function(text) is is_one


def test_nothing_of_a_function_outlives_its_use(port: Callable[[str], str], tmp_path: Path) -> None:
    with python_function(port("pixel"), ["-N", "5"], REGION, PARAMETERS) as function:
        process = function.process.pid
        assert Path(f"/proc/{process}").exists() or not Path("/proc/self").exists()
    assert not Path(f"/proc/{process}").exists()
    assert not list(tmp_path.iterdir())
