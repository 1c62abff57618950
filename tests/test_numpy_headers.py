"""Headers of .npy files, held against those that numpy writes."""

import io
from typing import Any

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from nbtrace.numpy_headers import npy_header


def written(array: np.ndarray[Any, Any], version: tuple[int, int] | None = None) -> bytes:
    stream = io.BytesIO()
    np.lib.format.write_array(stream, array, version)
    return stream.getvalue()


@pytest.mark.parametrize("version", [(1, 0), (2, 0), (3, 0)])
@pytest.mark.parametrize("order", ["C", "F"])
@pytest.mark.parametrize("kind", ["<f8", ">f4", "|u1", "<i8", "?", "<U5", "<c16"])
@pytest.mark.parametrize("shape", [(), (3,), (2, 3), (4, 1, 5)])
def test_what_numpy_writes(shape: tuple[int, ...], kind: str, order: Any, version: tuple[int, int]) -> None:
    array = np.zeros(shape, kind, order=order)
    content = written(array, version)
    header = npy_header(content)
    assert header is not None
    assert (header.shape, header.dtype) == (array.shape, array.dtype)
    assert header.fortran == (array.flags.f_contiguous and not array.flags.c_contiguous)
    assert header.start == len(content) - array.nbytes


def test_a_record_is_no_number() -> None:
    header = npy_header(written(np.zeros(2, [("a", "<f8"), ("b", "<i4")])))
    assert header is not None
    assert header.dtype is None


@given(st.binary(max_size=200))
def test_anything_else_is_no_header(junk: bytes) -> None:
    assert npy_header(junk) is None
    header = npy_header(b"\x93NUMPY" + junk)
    assert header is None or header.dtype is None or header.shape is not None


@pytest.mark.parametrize("kept", range(0, 66, 3))
def test_a_cut_header_declares_nothing(kept: int) -> None:
    assert npy_header(written(np.zeros((2, 3)))[:kept]) is None
