"""Arrays as people hold them, each under its name: numbers, lists, tensors, tables, and dicts of all of these."""

import re
import sys
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from io import BytesIO
from typing import Any, TypeAlias

import numpy as np
import numpy.typing as npt

from nbtrace.errors import UsageError
from nbtrace.images.given_images import in_memory
from nbtrace.plain_text import shortened

Arrays: TypeAlias = Any
"""A number, an array of any shape, a tensor, a pandas Series or DataFrame, or a mapping of such by their names."""

ALONE = "array"
"""The name of an array that comes without one."""

_DEEPEST = 8
_MOST = 10_000
_NAME = 80
_not_plain = re.compile(r"[^A-Za-z0-9._\[\]-]+")
_KINDS = "biufcUSMm"
"""Kinds of numpy types that can be compared: numbers, texts and times."""


@dataclass(frozen=True, eq=False)
class NamedArray:
    """An array, what its elements are called along the first axis where a table tells it, and what it was made of."""

    elements: npt.NDArray[Any]
    labels: Sequence[object] | None = None
    given: object = None

    def is_same_as(self, other: "NamedArray") -> bool:
        """Whether both are one object, or lie at one place in memory: comparing them tells nothing."""
        mine, its = self.elements, other.elements
        if self.given is other.given and mine.ndim:
            return True
        at_one_place = mine.ctypes.data == its.ctypes.data and mine.strides == its.strides
        return at_one_place and bool(mine.size)


def named_arrays(given: Arrays, side: str) -> dict[str, NamedArray]:
    """Return what is given as arrays by their names, those of nested mappings joined by dots.

    Parameters
    ----------
    given : number, array, tensor, Series, DataFrame, or mapping of such
    side : str
        What messages call it.

    Raises
    ------
    UsageError
        If something in it is no array of numbers, texts or times, or two names are the same.
    """
    found: dict[str, NamedArray] = {}
    for name, array in _entries(given, "", side, 0):
        if name in found:
            raise UsageError(f"{side} has two arrays called {name}")
        if len(found) == _MOST:
            raise UsageError(f"{side} has more than {_MOST} arrays")
        found[name] = array
    return found


def is_plane(given: Arrays) -> bool:
    """Whether something is an array of two dimensions, and no table or mapping."""
    if isinstance(given, Mapping) or _columns(given) is not None:
        return False
    array = in_memory(given)
    return array is not None and array.ndim == 2 and array.dtype.names is None and array.dtype.kind != "c"


def archive_bytes(c: Arrays, py: Arrays) -> bytes:
    """Return the arrays of both sides as an .npz file, each after its side and its name.

    Raises
    ------
    UsageError
        If something is no array.
    """
    kept = {
        f"{side}.{_not_plain.sub('-', name)}": array.elements
        for side, given in (("c", c), ("py", py))
        for name, array in named_arrays(given, side).items()
    }
    stream = BytesIO()
    np.savez_compressed(stream, allow_pickle=False, **kept)
    return stream.getvalue()


def _entries(given: Arrays, name: str, side: str, depth: int) -> Iterator[tuple[str, NamedArray]]:
    if depth > _DEEPEST:
        raise UsageError(f"{side}: {shortened(name, _NAME)} is nested more than {_DEEPEST} deep")
    table = _columns(given)
    if table is not None:
        yield from ((_joined(name, str(key)), array) for key, array in table)
    elif isinstance(given, Mapping):
        for key in given:
            yield from _entries(given[key], _joined(name, str(key)), side, depth + 1)
    elif isinstance(given, list | tuple) and _is_ragged(given):
        for number, item in enumerate(given):
            yield from _entries(item, f"{name}[{number}]", side, depth + 1)
    else:
        yield from _of_array(given, name, side)


def _joined(name: str, key: str) -> str:
    return shortened(f"{name}.{key}" if name else key, _NAME)


def _columns(given: Arrays) -> list[tuple[object, NamedArray]] | None:
    """Return the columns of a pandas table with their row labels, None for anything else; pandas is not imported."""
    pandas = sys.modules.get("pandas")
    if pandas is None:
        return None
    if isinstance(given, pandas.Series):
        return [(ALONE if given.name is None else given.name, _column(given))]
    if isinstance(given, pandas.DataFrame):
        return [(name, _column(given.iloc[:, place])) for place, name in enumerate(given.columns)]
    return None


def _column(column: Any) -> NamedArray:
    return NamedArray(_plain(np.asarray(column)), column.index, column)


def _is_ragged(given: Sequence[Any]) -> bool:
    """Whether the items of a list make no single array: they have several shapes, or are tensors or mappings."""
    if any(isinstance(item, Mapping) or callable(getattr(item, "detach", None)) for item in given):
        return True
    array = in_memory(given)
    return array is None or (array.dtype.hasobject and any(isinstance(item, list | tuple) for item in given))


def _of_array(given: Arrays, name: str, side: str) -> Iterator[tuple[str, NamedArray]]:
    label = name or ALONE
    if isinstance(given, np.ma.MaskedArray):
        raise UsageError(
            f"{side}: {label} is a masked array; give filled(nan) with equal_nan=True, or compressed() of both"
        )
    array = in_memory(given)
    if array is None:
        raise UsageError(f"{side}: {label} is no array but a {type(given).__name__}")
    if array.dtype.names:
        for part in array.dtype.names:
            yield from _of_array(array[part], _joined(name, part), side)
        return
    array = _plain(array)
    if array.dtype.kind not in _KINDS:
        raise UsageError(f"{side}: {label} holds Python objects (a {type(given).__name__}), not numbers")
    yield label, NamedArray(array, given=given)


def _plain(array: npt.NDArray[Any]) -> npt.NDArray[Any]:
    """Return an array of Python texts as one of texts; any other as it is."""
    if array.dtype.hasobject and array.size and all(isinstance(item, str) for item in array.flat):
        return array.astype(np.str_)
    return array
