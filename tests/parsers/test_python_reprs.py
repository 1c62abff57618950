"""Values as Python prints its objects; the texts are those of numpy itself."""

import numpy as np
import pytest

from nbtrace.parsers.python_reprs import bare
from nbtrace.parsers.values import read_value
from nbtrace.records import Shape

VECTOR = np.array([1.0, -2.5, 3e-10])


@pytest.mark.parametrize(
    "value", [np.float64(1.5), np.float32(1.5), np.int64(3), VECTOR, VECTOR.astype(np.float32), np.eye(3) * 0.1]
)
def test_what_numpy_prints_is_read(value: np.ndarray) -> None:
    for text in (repr(value), str(value).replace("\n", "")):
        read = read_value(text.replace("\n", ""))
        assert read.numbers == pytest.approx(np.asarray(value, np.float64).ravel().tolist())
        assert read.text == text.replace("\n", "")


def test_a_list_of_numpy_scalars_is_a_vector() -> None:
    read = read_value(repr(list(VECTOR)))
    assert (read.shape, read.numbers) == (Shape.VECTOR, tuple(VECTOR.tolist()))


@pytest.mark.parametrize(
    ("text", "numbers", "shape"),
    [
        ("tensor(1.5, dtype=torch.float64)", (1.5,), Shape.SCALAR),
        ("tensor([1., 2.], device='cuda:0', grad_fn=<MulBackward0>)", (1.0, 2.0), Shape.VECTOR),
        ("tensor([[1., 2.], [3., 4.]], requires_grad=True)", (1.0, 2.0, 3.0, 4.0), Shape.MATRIX),
        ("Array([1., 2.], dtype=float32)", (1.0, 2.0), Shape.VECTOR),
        ("array([[1.], [2.], [3.]])", (1.0, 2.0, 3.0), Shape.VECTOR),
        ("((1, 2), (3, 4))", (1.0, 2.0, 3.0, 4.0), Shape.MATRIX),
    ],
)
def test_tensors_and_arrays(text: str, numbers: tuple[float, ...], shape: Shape) -> None:
    read = read_value(text)
    assert (read.numbers, read.shape) == (numbers, shape)


@pytest.mark.parametrize(
    "text", ["torch.Size([3])", "[1 2 ... 9]", "array([1, 2], [3])", "f(1.5)", "(1+2j)", "[[1, 2], [3]]"]
)
def test_other_texts_are_no_numbers(text: str) -> None:
    assert read_value(text).shape is Shape.TEXT


def test_a_plain_text_is_no_object() -> None:
    assert bare("[1, 2, 3]") is None
    assert bare("float64(1.5") is None
