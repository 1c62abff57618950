"""Values as Python prints its objects: scalars of numpy, arrays and tensors with their types."""

import re

from nbtrace.lazy_pattern import LazyPattern
from nbtrace.parsers.numerals import NUMBER

_MOST = 1 << 16
"""Letters of a text that is looked at."""

_SCALAR = rf"(?<![\w.])(?:\w+\.)?(?:float|int|uint|longdouble|double)[0-9]*\(\s*({NUMBER})\s*\)"
"""`re` compiles it when it is first used, and keeps it: few logs have one."""
_container = re.compile(r"(?:\w+\.)*(?:tensor|[aA]rray|DeviceArray|matrix)\(\s*").match
_attribute = LazyPattern(r",\s*(?:dtype|device|requires_grad|grad_fn|layout|weak_type|shape|size)=")
_SCALARS = ("float", "int", "double")


def bare(text: str) -> str | None:
    """Return the numbers of a Python object without its type, in brackets where they stand in any; None if it is none.

    `np.float64(1.5)` gives `1.5`, `tensor([1., 2.], dtype=torch.float64)` gives `[1., 2.]`.
    """
    if not text.endswith((")", "]")) or len(text) > _MOST:
        return None
    plain = re.sub(_SCALAR, r"\1", text) if any(word in text for word in _SCALARS) else text
    opened = _container(plain)
    if opened is None or not plain.endswith(")"):
        return plain if plain != text else None
    inner = plain[opened.end() : -1]
    attribute = _attribute.search(inner)
    return (inner[: attribute.start()] if attribute else inner).strip().rstrip(",")
