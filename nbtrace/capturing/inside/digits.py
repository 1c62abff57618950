"""A value of a program as the texts of its numbers, with all digits that its type holds.

Of arrays and tensors only what an expression has selected leaves the device.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from typing import Any

MOST = 4096
"""Numbers of one value; a whole image is asked for by mistake."""

_DIGITS = {"float32": 9, "float16": 5, "bfloat16": 4, "half": 5, "complex64": 9, "complex32": 5}


class DigitsError(Exception):
    """A value has no numbers that can be written down; the message says why."""


def digits_of(value: Any) -> list[str]:
    """Return the numbers of a value, in the order of memory of a C array: two for a complex one.

    Parameters
    ----------
    value : number, text, None, list, tuple, array, tensor
        What an expression gave.

    Raises
    ------
    DigitsError
        If it holds no numbers, or more than :data:`MOST`.
    """
    if value is None:
        return ["None"]
    if isinstance(value, str):
        return [_word(value)]
    if isinstance(value, (bool, int)):
        return [str(int(value))]
    if isinstance(value, (list, tuple, range)):
        return _of_sequence(value)
    if hasattr(value, "dtype") and hasattr(value, "tolist"):
        return _of_array(value)
    return _of_number(value, 17)


def _of_sequence(value: Any) -> list[str]:
    if len(value) > MOST:
        raise DigitsError(f"it has {len(value)} values; give an index")
    texts = [text for item in value for text in digits_of(item)]
    if len(texts) > MOST:
        raise DigitsError(f"it has {len(texts)} values; give an index")
    return texts or ["empty"]


def _of_array(value: Any) -> list[str]:
    size = 1
    for length in value.shape:
        size *= int(length)
    if size > MOST:
        shape = " x ".join(str(int(length)) for length in value.shape)
        raise DigitsError(f"it has {size} values ({shape}); give an index")
    kind = str(value.dtype).rpartition(".")[2]
    if kind in {"longdouble", "float128", "float96", "clongdouble", "complex256"}:
        return _of_long_doubles(value, kind)
    plain = _on_host(value).tolist()
    flat: list[Any] = []
    waiting = [plain]
    while waiting:
        item = waiting.pop()
        if isinstance(item, list):
            waiting += reversed(item)
        else:
            flat.append(item)
    return [text for item in flat for text in _of_item(item, _DIGITS.get(kind, 17))] or ["empty"]


def _on_host(value: Any) -> Any:
    """Return an array in the memory of the processor, without its history of derivatives."""
    for step in ("detach", "cpu", "resolve_conj", "resolve_neg"):
        if hasattr(value, step):
            value = getattr(value, step)()
    return value.get() if type(value).__module__.partition(".")[0] == "cupy" else value


def _of_long_doubles(value: Any, kind: str) -> list[str]:
    parts = [part for item in value.ravel() for part in ((item.real, item.imag) if kind[0] == "c" else (item,))]
    return [_long_double(part) for part in parts]


def _long_double(number: Any) -> str:
    import numpy as np  # noqa: PLC0415 - where the program has such numbers, it has numpy

    return str(np.format_float_scientific(number, unique=True))


def _of_item(item: Any, digits: int) -> list[str]:
    if isinstance(item, (bool, int)):
        return [str(int(item))]
    if isinstance(item, (str, bytes)):
        return [_word(item if isinstance(item, str) else item.decode("utf-8", "replace"))]
    return _of_number(item, digits)


def _of_number(value: Any, digits: int) -> list[str]:
    if isinstance(value, complex):
        return [_real(value.real, digits), _real(value.imag, digits)]
    try:
        return [_real(float(value), digits)]
    except (TypeError, ValueError, OverflowError, RuntimeError):
        raise DigitsError(f"a {type(value).__name__} is no number") from None


def _real(value: float, digits: int) -> str:
    return "{:.{}g}".format(value, digits)


def _word(text: str) -> str:
    return (
        "".join(letter if letter.isprintable() and letter != "=" else "_" for letter in text[:200]).strip() or "empty"
    )
