"""`nbtrace.capture` around functions of this process."""

import linecache
import sys
from collections.abc import Callable, Iterator
from functools import wraps
from pathlib import Path
from types import FunctionType, ModuleType
from typing import Any

import numpy as np
import pytest

import nbtrace
from nbtrace.errors import IncompleteError, PerturbedError, UsageError
from nbtrace.files import write_new


def simulated(n: int) -> np.ndarray[Any, Any]:
    image = np.zeros(n, np.float32)
    for i in range(n):
        a = np.float32(0.1) * i
        image[i] = a * a
    return image


def decorated(function: Callable[[int], object]) -> Callable[[int], object]:
    @wraps(function)
    def inner(n: int) -> object:
        return function(n)

    return inner


@decorated
def twice(n: int) -> int:
    b = n * 2
    return b + 0


PROBES = {
    "select": {"function": "simulated", "loops": ["i"]},
    "probe": [
        {"after": "a", "loop": "i", "quantities": {"amplitude": "a"}},
        {"after": "image", "loop": "i", "quantities": {"I": "image[i] [m]"}},
    ],
}


@pytest.fixture
def module(tmp_path: Path) -> Iterator[Callable[[str], ModuleType]]:
    """What makes a module of a text."""
    names: list[str] = []

    def made(text: str) -> ModuleType:
        name = f"made_for_capture_{len(names)}"
        write_new(tmp_path / f"{name}.py", text)
        sys.path.insert(0, str(tmp_path))
        names.append(name)
        try:
            return __import__(name)
        finally:
            sys.path.remove(str(tmp_path))

    yield made
    for name in names:
        sys.modules.pop(name)


def test_values_of_the_selected_turn_come_with_all_digits_of_their_type() -> None:
    with nbtrace.capture(PROBES, at={"i": 3}) as captured:
        image = simulated(5)
    assert [value.numbers for _, value in captured.values] == [("0.300000012",), ("0.0900000036",)]
    assert captured.quantities == ("amplitude", "I")
    assert captured.text.splitlines()[-2:] == ["TRACE_PY: amplitude 0.300000012", "TRACE_PY: I 0.0900000036 m"]
    assert [record.quantity for record in captured.trace.records] == ["amplitude", "I"]
    assert float(np.float32(captured.hits[0].values[0].numbers[0])) == float(np.float32(0.1) * 3)
    assert captured.certify(image, simulated(5)).hits == 2


def test_a_result_that_the_capture_changes_is_no_capture_of_the_program() -> None:
    with nbtrace.capture(PROBES) as captured:
        image = simulated(3)
    plain = image.copy()
    plain[0] = -0.0
    with pytest.raises(PerturbedError, match="not the same with the capture and without, bit for bit"):
        captured.certify(image, plain)
    with pytest.raises(UsageError, match="a object has no bytes to compare"):
        captured.certify(object(), object())
    nothing: Any
    for nothing in (None, [], {"image": None}, np.zeros((0, 3))):
        with pytest.raises(UsageError, match="result holds nothing to compare"):
            captured.certify(nothing, nothing)


def test_a_trace_is_saved_and_never_written_over(tmp_path: Path) -> None:
    with nbtrace.capture(PROBES) as captured:
        simulated(3)
    captured.save(tmp_path / "py.log")
    assert len(nbtrace.read_trace(tmp_path / "py.log").records) == 6
    with pytest.raises(nbtrace.NbtraceError, match="exists"):
        captured.save(tmp_path / "py.log")


def test_what_is_not_reached_is_an_error_at_the_end_of_the_block() -> None:
    reason = r"probe 1 \(after a in the loop of i\): was reached, and never in the selected turn"
    with pytest.raises(IncompleteError, match=reason), nbtrace.capture(PROBES, at={"i": 7}):
        simulated(3)
    with pytest.raises(IncompleteError, match="the function never ran"), nbtrace.capture(PROBES):
        pass


def test_an_error_of_the_block_is_the_programs_own_and_tracing_ends() -> None:
    before = sys.gettrace(), sys.settrace
    with pytest.raises(ZeroDivisionError), nbtrace.capture(PROBES):
        simulated(1 // 0)
    assert (sys.gettrace(), sys.settrace) == before
    captured = nbtrace.capture(PROBES)
    with pytest.raises(UsageError, match="until the block"):
        assert captured.text


def test_wrapped_functions_methods_and_other_modules_have_probes(module: Callable[[str], ModuleType]) -> None:
    made = module("class K:\n    @staticmethod\n    def f(x):\n        y = x + 1\n        return y\n")
    probes = {
        "probe": [
            {"function": "twice", "after": "b", "quantities": {"b": "b"}},
            {"function": f"{made.__name__}:K.f", "after": "y", "quantities": {"y": "y"}},
            {"line": f"{made.__name__}.py:5", "quantities": {"z": "y"}},
        ]
    }
    with nbtrace.capture(probes) as captured:
        twice(4)
        made.K.f(1)
    assert [value.numbers for _, value in captured.values] == [("8",), ("2",), ("2",)]


@pytest.mark.parametrize(
    ("probe", "said"),
    [
        ({"function": "nothing", "after": "a"}, "there is no nothing here"),
        ({"function": "no_such_module:f", "after": "a"}, "there is no module no_such_module"),
        ({"function": "simulated", "after": "aa"}, "assigns no aa; the nearest name is"),
        ({"function": "PROBES", "after": "aa"}, "is no function of Python"),
        ({"function": "math:sin", "after": "aa"}, "an extension compiles math:sin|an extension compiles sin"),
        ({"line": "no_such_file.py:3"}, "no loaded module is of a file no_such_file.py"),
    ],
)
def test_a_place_that_is_nowhere_is_said_before_the_block(probe: dict[str, object], said: str) -> None:
    with pytest.raises(UsageError, match=said):
        nbtrace.capture({"probe": [{**probe, "quantities": {"a": "a"}}]})


def test_functions_of_a_notebook_cell_have_their_source_in_its_cache() -> None:
    source = "def cell(n):\n    c = n + 1\n    return c\n"
    linecache.cache["<cell 1>"] = (len(source), None, source.splitlines(keepends=True), "<cell 1>")
    names: dict[str, object] = {}
    exec(compile(source, "<cell 1>", "exec"), names)  # noqa: S102 - as a notebook does
    function = names["cell"]
    assert isinstance(function, FunctionType)
    globals()["cell"] = function
    try:
        with nbtrace.capture({"probe": [{"function": "cell", "after": "c", "quantities": {"c": "c"}}]}) as captured:
            function(1)
    finally:
        del globals()["cell"]
    assert captured.hits[0].values[0].numbers == ("2",)


def test_torch_values_leave_the_device_one_by_one_and_keep_their_derivatives() -> None:
    torch = pytest.importorskip("torch")

    def model(x: Any) -> Any:
        y = x.sum(0)
        z = torch.complex(y, -y)
        return y, z

    globals()["model"] = model
    x = torch.ones((3, 4), dtype=torch.float32, requires_grad=True)
    try:
        with nbtrace.capture(
            {
                "select": {"pixel": ["s", "f"]},
                "probe": [
                    {"function": "model", "after": "z", "quantities": {"x": "x[at]", "y": "y[f]", "z": "z[f]*0.1"}}
                ],
            },
            pixel=(1, 2),
        ) as captured:
            y, _ = model(x)
        whole = {"probe": [{"function": "model", "after": "y", "quantities": {"x": "x"}}]}
        reason = r"x: it has 4096000 values \(64000 x 64\); give an index"
        with pytest.raises(IncompleteError, match=reason), nbtrace.capture(whole):
            model(torch.zeros(64000, 64))
    finally:
        del globals()["model"]
    assert y.requires_grad
    assert torch.is_grad_enabled()
    assert [value.numbers for _, value in captured.values] == [("1",), ("3",), ("0.300000012", "-0.300000012")]


def test_a_compiled_function_is_refused_or_runs_as_python() -> None:
    torch = pytest.importorskip("torch")
    torch._dynamo.reset()
    function = torch.compile(_physics, backend="eager")
    probes = {
        "probe": [
            {"function": "_physics", "after": "u", "quantities": {"u": "u"}},
            {"function": "_inner", "after": "v", "quantities": {"v": "v"}},
        ]
    }
    x = torch.tensor(0.5)
    with pytest.raises(IncompleteError, match=r"torch\.compile compiles the function"), nbtrace.capture(probes):
        function(x)
    with pytest.raises(UsageError, match=r"call torch\._dynamo\.reset\(\) before"), nbtrace.capture(probes):
        function(x)
    with nbtrace.capture(probes, uncompiled=True) as captured:
        function(x)
    assert [value.numbers for _, value in captured.values] == [("0.5",), ("1",)]
    torch._dynamo.reset()
    inner_alone = {"probe": probes["probe"][1:]}
    with pytest.raises(IncompleteError, match=r"torch\.compile compiles the function"), nbtrace.capture(inner_alone):
        assert (_inner(x), function(x)) == (1, 1)
    torch._dynamo.reset()


@pytest.mark.filterwarnings("ignore::DeprecationWarning")
def test_other_compilers_are_refused(monkeypatch: pytest.MonkeyPatch) -> None:
    torch = pytest.importorskip("torch")
    monkeypatch.setitem(globals(), "scripted", torch.jit.script(_scripted))
    with pytest.raises(UsageError, match=r"torch\.jit compiles scripted"):
        nbtrace.capture({"probe": [{"function": "scripted", "after": "v", "quantities": {"v": "v"}}]})
    torch._dynamo.reset()
    probes = {"probe": [{"function": "_inner", "after": "v", "quantities": {"v": "v"}}]}
    with pytest.raises(IncompleteError, match=r"torch\.jit\.trace compiles the function"), nbtrace.capture(probes):
        torch.jit.trace(_inner, torch.ones(2))


def _scripted(x):  # type: ignore[no-untyped-def]
    return x * 2


def _inner(x: Any) -> Any:
    v = x * 2
    return v + 0


def _physics(x: Any) -> Any:
    u = x + 0
    return _inner(u)
