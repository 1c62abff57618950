import math

import pytest

from nbtrace.parsers.values import read_value
from nbtrace.records import Shape


@pytest.mark.parametrize(
    ("text", "shape", "numbers", "unit"),
    [
        ("1", Shape.SCALAR, (1.0,), None),
        ("+1.5E-3", Shape.SCALAR, (0.0015,), None),
        (".5", Shape.SCALAR, (0.5,), None),
        ("1 2,3 ,4", Shape.VECTOR, (1.0, 2.0, 3.0, 4.0), None),
        ("(1, 2, 3)", Shape.VECTOR, (1.0, 2.0, 3.0), None),
        ("[1]", Shape.SCALAR, (1.0,), None),
        ("[1 2; 3 4]", Shape.MATRIX, (1.0, 2.0, 3.0, 4.0), None),
        ("[1, 2, 3] Å |v| = 3.7 Å", Shape.VECTOR, (1.0, 2.0, 3.0), "Å"),
        ("[1, 2, 3] |v| = 3.7 Å", Shape.VECTOR, (1.0, 2.0, 3.0), "Å"),
        ("6.2 Angstroms", Shape.SCALAR, (6.2,), "Å"),
        ("6.2 parsecs", Shape.TEXT, (), None),
        ("1e-10/lambda0 = 0.16129", Shape.SCALAR, (0.16129,), None),
        ("a_star . (b_star x c_star) = 1e-06", Shape.SCALAR, (1e-06,), None),
        ("1.5 m = 1500 mm", Shape.SCALAR, (1500.0,), "mm"),
        ("tensor([1., 2., 3.], dtype=torch.float64)", Shape.VECTOR, (1.0, 2.0, 3.0), None),
        ("tensor(0.5000, requires_grad=True)", Shape.SCALAR, (0.5,), None),
        ("tensor(tensor(1))", Shape.TEXT, (), None),
        ("a:1 b:-2e3", Shape.NAMED, (1.0, -2000.0), None),
        ("[]", Shape.TEXT, (), None),
        ("[1, two, 3]", Shape.TEXT, (), None),
        ("", Shape.TEXT, (), None),
        ("0x10", Shape.TEXT, (), None),
        ("1_000", Shape.TEXT, (), None),
        ("torch.Size([3])", Shape.TEXT, (), None),
    ],
)
def test_every_form_of_a_value_has_its_shape_numbers_and_unit(
    text: str, shape: Shape, numbers: tuple[float, ...], unit: str | None
) -> None:
    value = read_value(text)
    assert (value.shape, value.numbers, value.unit) == (shape, numbers, unit)
    assert len(value.tokens) == len(value.numbers)
    assert value.text == text


@pytest.mark.parametrize("text", ["nan", "-nan", "NaN", "+inf", "-Infinity", "Inf"])
def test_nan_and_inf_are_numbers_as_they_are_printed(text: str) -> None:
    value = read_value(text)
    assert value.shape is Shape.SCALAR
    assert not math.isfinite(value.numbers[0])
    assert value.tokens == (text,)


def test_nesting_does_not_exhaust_the_stack() -> None:
    assert read_value("tensor(" * 5000 + "1" + ")" * 5000).shape is Shape.TEXT
    assert read_value("a = " * 5000 + "1").numbers == (1.0,)
