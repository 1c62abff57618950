"""Which program a column is of, by its title."""

import re
from collections.abc import Iterable, Sequence

from nbtrace.frozen import frozen
from nbtrace.records import Side
from nbtrace.vocabulary.vocabulary import Vocabulary

REFERENCE = frozenset({
    "c", "ref", "reference", "cpp", "c++", "cxx", "fortran", "expected", "expect", "gold", "golden", "truth",
    "baseline", "old", "original", "orig", "nanobragg", "legacy", "before", "left",
})  # fmt: skip
"""Words that title the column of the reference."""

CANDIDATE = frozenset({
    "py", "python", "pytorch", "torch", "port", "jax", "numpy", "julia", "rust", "actual", "got", "candidate",
    "cand", "new", "observed", "obs", "result", "after", "right", "test",
})  # fmt: skip
"""Words that title the column of the other program."""

_FILLER = frozenset(["value", "values", "val", "trace", "output", "log", "side", "the", "of", "number", "numbers"])
_words = re.compile(r"[^\W_]+\+*").findall
_unit = re.compile(r"[(\[][^()\[\]]*[)\]]")


@frozen
class SideColumns:
    """The columns of both programs.

    Attributes
    ----------
    c, py : str
        Their titles.
    told : bool
        Whether the titles tell which program each is of; otherwise the first is taken as the reference's.
    """

    c: str
    py: str
    told: bool = True


def side_of_title(title: str, vocabulary: Vocabulary) -> Side:
    """Return the program that a title names: `C value`, `py_value`, `expected`, or a name of the vocabulary."""
    bare = _unit.sub(" ", title).casefold()
    words = [word for word in _words(bare) if word not in _FILLER]
    if len(words) != 1:
        return Side.UNKNOWN
    own = [side.label.casefold() for side in vocabulary.sides]
    if words[0] in own:
        return (Side.C, Side.PY)[own.index(words[0])]
    return Side.C if words[0] in REFERENCE else Side.PY if words[0] in CANDIDATE else Side.UNKNOWN


def side_columns(titles: Iterable[str], vocabulary: Vocabulary) -> SideColumns | None:
    """Return the columns of both programs where the titles tell them; None where they do not, or name one twice."""
    sides: dict[Side, list[str]] = {Side.C: [], Side.PY: [], Side.UNKNOWN: []}
    for title in titles:
        sides[side_of_title(title, vocabulary)].append(title)
    c, py = sides[Side.C], sides[Side.PY]
    return SideColumns(c[0], py[0]) if len(c) == len(py) == 1 else None


def first_two(titles: Sequence[str]) -> SideColumns | None:
    """Return two columns whose titles tell no side, the first taken as the reference's; None where they are not two."""
    return SideColumns(titles[0], titles[1], told=False) if len(titles) == 2 else None
