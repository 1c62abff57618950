"""A process that evaluates a function of Python: `python -P function_process.py MODULE:FUNCTION`; stands alone.

It reads a request per line from its standard input, and answers each with a line on what was its standard output; what
the function prints goes to the standard error. A request is a JSON object: `parameters` (name → number), `flags`,
`region`, and `gradient`, whether derivatives are wanted. The answer has `value`, its `rounding` (relative), and with
`gradient` the `derivatives` (name → number, null where no graph leads to it); or `error`, one line.

The function is called as `function(parameters, flags, region)`: parameters as float64 tensors that require a gradient,
or as floats where its module imports no PyTorch; the words of the command line; and first and last slow, first and last
fast pixel, ends included. It returns the sum over these pixels as a tensor, or that as a number and a dict of
derivatives by name.
"""

import json
import os
import sys
from collections.abc import Callable, Mapping
from importlib import import_module
from importlib.util import module_from_spec, spec_from_file_location
from pathlib import Path
from typing import Any

_DOUBLE = 2.0**-52
_LONGEST = 400


def _loaded(target: str) -> Callable[..., Any]:
    """Return the function of `MODULE:FUNCTION` or `FILE.py:FUNCTION`."""
    place, _, name = target.rpartition(":")
    sys.path.insert(0, str(Path.cwd()))
    if place.endswith(".py"):
        path = Path(place).absolute()
        sys.path.insert(0, str(path.parent))
        spec = spec_from_file_location(path.stem, path)
        if spec is None or spec.loader is None:
            raise ImportError(f"{place} cannot be loaded")
        module = module_from_spec(spec)
        sys.modules[path.stem] = module
        spec.loader.exec_module(module)
    else:
        module = import_module(place)
    found: Any = module
    for part in name.split("."):
        found = getattr(found, part)
    if not callable(found):
        raise TypeError(f"{target} is a {type(found).__name__}, no function")
    function: Callable[..., Any] = found
    return function


def _answer(function: Callable[..., Any], request: Mapping[str, Any], torch: Any) -> dict[str, Any]:
    numbers: dict[str, float] = request["parameters"]
    given: dict[str, Any] = dict(numbers)
    if torch is not None:
        given = {name: torch.tensor(value, dtype=torch.float64, requires_grad=True) for name, value in numbers.items()}
    returned = function(dict(given), list(request["flags"]), tuple(request["region"]))
    told = None
    if isinstance(returned, tuple) and len(returned) == 2 and isinstance(returned[1], Mapping):
        returned, told = returned
    value, rounding = _number(returned)
    answer: dict[str, Any] = {"value": value, "rounding": rounding}
    if request["gradient"]:
        answer["derivatives"] = _autograd(returned, given, torch) if told is None else _as_told(told, numbers)
    return answer


def _number(returned: Any) -> tuple[float, float]:
    """Return the number that a tensor, an array or a number is, and its relative rounding."""
    count = getattr(returned, "numel", None)
    size = count() if callable(count) else getattr(returned, "size", 1)
    if size != 1:
        raise ValueError(f"the function returned {size} numbers; the sum over the pixels of the region is one")
    value = float(returned.detach() if hasattr(returned, "detach") else returned)
    known = {"float32": 2.0**-23, "float16": 2.0**-10, "bfloat16": 2.0**-7}
    return value, known.get(str(getattr(returned, "dtype", "")).rpartition(".")[2], _DOUBLE)


def _autograd(returned: Any, given: Mapping[str, Any], torch: Any) -> dict[str, float | None]:
    if torch is None or not isinstance(returned, torch.Tensor):
        raise TypeError(f"the function returned a {type(returned).__name__} without derivatives; return a tensor")
    if not returned.requires_grad:
        return dict.fromkeys(given)
    found = torch.autograd.grad(returned.reshape(()), list(given.values()), allow_unused=True)
    return {name: None if slope is None else float(slope) for name, slope in zip(given, found, strict=True)}


def _as_told(told: Mapping[str, Any], numbers: Mapping[str, float]) -> dict[str, float | None]:
    return {name: None if told[name] is None else float(told[name]) for name in numbers if name in told}


def main(target: str) -> None:
    """Answer requests until there are no more."""
    with os.fdopen(os.dup(1), "w", encoding="utf-8") as out:
        os.dup2(2, 1)  # what the function prints is no answer

        def say(answer: Mapping[str, Any]) -> None:
            out.write(json.dumps(answer) + "\n")
            out.flush()

        try:
            function = _loaded(target)
            torch = sys.modules.get("torch")
        except (Exception, SystemExit) as error:  # noqa: BLE001 - whatever stands in the module
            say({"error": f"{target} cannot be loaded: {_told_error(error)}"})
            return
        say({"ready": True})
        for line in sys.stdin:
            try:
                say(_answer(function, json.loads(line), torch))
            except (Exception, SystemExit) as error:  # noqa: BLE001 - whatever the function does
                say({"error": f"{target} failed: {_told_error(error)}"})


def _told_error(error: BaseException) -> str:
    words = " ".join(str(error).split())[:_LONGEST]
    return f"{type(error).__name__}: {words}" if words else type(error).__name__


if __name__ == "__main__":
    main(sys.argv[1])
