"""What the source of a program tells of its values, against what the program then holds."""

import ast
from textwrap import dedent
from typing import Any

import numpy as np

from nbtrace.capturing.held_kinds import HeldKind, HeldKinds, Kind, numbers_in
from nbtrace.capturing.inside.python_places import scopes_of

PROGRAM = dedent("""
    import math
    import numpy as np
    from numpy import sin as sine, zeros

    def pair(x, y):
        return x * y, np.stack([x, y])

    def grow(n: int, start=1):
        total = start
        while total < n:
            total *= 2
        return total

    def given(width, *, name="x", scale=2.0):
        return width * scale

    rows = np.linspace(0.0, 1.0, 5)
    columns = zeros(5) + 1
    one, both = pair(rows, columns)
    small = grow(10)
    wide = given(rows)
    angle = math.atan2(1, 2) + np.pi
    where = np.where(rows > 0.5, rows, 0)
    places = np.where(rows > 0.5)
    row = rows[2]
    mask = rows > angle
    text = "a" + "b"
    axis = [1.0, angle, 3]
    last = axis[-1]
    slope, offset = 2, 1 + 2j
    either = rows if small else 0
    grid = np.meshgrid(rows, columns)
    turned = sine(rows).reshape(5, 1).sum(axis=0).T
    count = len(text) + int(abs(-2.5)) + max(1, small)
    truth = not small
    for number, (first, second) in enumerate(zip(rows, columns)):
        product = first * second * number
    total = 0
    total += rows
    opened = print
    longest = max(axis)
""")
"""A program; what its names hold is seen by running it."""

UNTOLD = {"either", "total", "places", "grid", "text"}
"""Names of it that are no numbers or arrays, or not in every case."""


def told(text: str, scope: str = "<module>") -> dict[str, Kind]:
    tree = ast.parse(dedent(text))
    return dict(HeldKinds(tree, dict(scopes_of(tree))).of(scope))


def is_so(kind: Kind, value: Any) -> bool:
    if isinstance(kind, tuple):
        return len(value) == len(kind) and all(map(is_so, kind, value))
    if kind is HeldKind.ARRAY:
        return isinstance(value, (np.ndarray, np.generic)) and np.isfinite(float(value.sum()))
    return kind is not HeldKind.NUMBER or (np.ndim(value) == 0 and complex(value) == value)


def test_what_the_source_tells_is_what_the_program_holds() -> None:
    held: dict[str, Any] = {}
    exec(PROGRAM, held)  # noqa: S102 - what it is held against
    kinds = told(PROGRAM)
    wrong = {name: kind for name, kind in kinds.items() if not is_so(kind, held[name])}
    assert wrong == {}
    assert {name for name, kind in kinds.items() if kind is HeldKind.OTHER} == UNTOLD
    assert numbers_in(kinds["axis"])
    assert not numbers_in(kinds["both"])


def test_a_parameter_is_what_calls_give_it() -> None:
    program = """
        def f(a, b, c=1, d=None):
            x, y, z, w = a, b, c, d
            return x
        f(1, "t")
        f(2.5, b=3)
    """
    kinds = told(program, "f")
    expected = [HeldKind.NUMBER, HeldKind.OTHER, HeldKind.NUMBER, HeldKind.OTHER]
    assert [kinds[name] for name in "xyzw"] == expected


def test_a_class_and_a_compiled_function_are_functions_of_the_file() -> None:
    program = """
        import torch
        class Port:
            def run(self, slow: torch.Tensor):
                self.h = slow * 2
                out = self.square(self.h)
                return out
            def square(self, x):
                return x * x
        def image(x):
            return torch.sin(x)
        fast = torch.compile(image)
        picture = fast(torch.zeros(4))
    """
    kinds = told(program, "Port.run")
    assert {kinds[name] for name in ("slow", "self.h", "out")} == {HeldKind.ARRAY}
    assert told(program)["picture"] is HeldKind.ARRAY


def test_nothing_is_told_of_what_leaves_itself_open() -> None:
    program = """
        import numpy
        def f(x):
            y = f(x)
            return y
        z = f(1)
        def g(*args, **words):
            a, *b = args
            return a
        q = g(*z)
        w = numpy.unknown(1) + 1
        with open("f") as h:
            pass
        t = [i for i in range(3)]
    """
    kinds = told(program)
    assert {kinds.get(name, HeldKind.OTHER) for name in "zqwht"} == {HeldKind.OTHER}
    assert told(f"x = {'(' * 80}1{'+1)' * 80}")["x"] in {HeldKind.NUMBER, HeldKind.OTHER}
