"""The view of arrays of two sides."""

from nbtrace.compare.arrays import ArrayElement, ArraysResult, ComparedArray
from nbtrace.report.view import Column, Line, Section, Table, View, listed, number, signed
from nbtrace.vocabulary.sides import Names

_DIGITS = 9
_MOST = 20


def arrays_view(result: ArraysResult) -> View:
    """Return the view of compared arrays."""
    left_out = sum(array.left_out for array in result.arrays)
    tolerances = dict.fromkeys(str(array.tolerance) for array in result.arrays)
    several = len(tolerances) > 1
    return View(
        title=f"Arrays: {result.names.against}",
        verdict=result.verdict,
        headline=headline(result),
        facts=(
            _compared(result),
            *((f"{left_out} elements are nan on both sides and left out",) if left_out else ()),
            f"Tolerance: {'see the table' if several else next(iter(tolerances))}",
        ),
        notices=(),
        sections=(
            Section(
                "Arrays",
                table=Table(_columns(result.names), tuple(map(_line, result.arrays))),
            ),
            *_differing(result),
        ),
    )


def _compared(result: ArraysResult) -> str:
    arrays = f"{len(result.arrays)} arrays" if len(result.arrays) > 1 else "1 array"
    return f"{result.compared} element{'s' * (result.compared != 1)} of {arrays} compared"


def headline(result: ArraysResult) -> str:
    """Return the answer in one line."""
    first = result.first_divergence
    if first is None:
        return f"{_compared(result)}, none diverges"
    others = [array.name for array in result.diverging[1:]]
    more = f"; {listed(others, 3)} differ{'s' if len(others) == 1 else ''}, too" if others else ""
    return f"{array_words(first, result.names)}{more}"


def _differing(result: ArraysResult) -> tuple[Section, ...]:
    """Return what is wrong with each array, where it is more than one."""
    differing = result.diverging
    if len(differing) < 2:
        return ()
    more = (f"and {len(differing) - _MOST} more",) if len(differing) > _MOST else ()
    items = tuple(array_words(array, result.names) for array in differing[:_MOST])
    return (Section("Arrays that differ", items=(*items, *more)),)


def array_words(array: ComparedArray, names: Names) -> str:
    """Return what is wrong with an array: how Py is made from C if that is known, else its worst element."""
    if array.worst is None:
        return f"{array.name}: {array.reason}" if array.name not in array.reason else array.reason
    count = f"{array.beyond} of {array.compared} element{'s' * (array.compared != 1)} differ{'s' * (array.beyond == 1)}"
    count += "" if array.tolerance.is_exact else f" by more than {array.tolerance}"
    first = ""
    if array.first is not None and array.beyond > 1 and array.first != array.worst:
        first = f", the first at {array.first.place}"
    worst = f"{array.name}{array.worst.place}: {_apart(array.worst, names)}, {array.status.value}"
    relation = f"{array.name}: {array.relation}; " if array.relation else ""
    reason = f" ({array.reason})" if array.reason else ""
    return f"{relation}{worst}{reason}; {count}{first}"


def _apart(element: ArrayElement, names: Names) -> str:
    values = f"{names.reference} {_value(element.c)}, {names.candidate} {_value(element.py)}"
    if element.relative is None:
        return values
    return f"{values}, {element.relative:.3e} relative"


def _value(value: object) -> str:
    return f"{value:.{_DIGITS}g}" if isinstance(value, float | complex) else str(value)


def _columns(names: Names) -> tuple[Column, ...]:
    return (
        Column("array"),
        Column("shape"),
        Column("differ", numeric=True),
        Column("worst at"),
        Column(names.reference, numeric=True, rounds=True),
        Column(names.candidate, numeric=True, rounds=True),
        Column(names.difference, numeric=True, rank=1),
        Column("|Δ| rel", numeric=True),
        Column("tolerance", rank=1),
        Column("status"),
    )


def _line(array: ComparedArray) -> Line:
    worst = array.worst
    shape = " / ".join(dict.fromkeys("–" if shape is None else _shape(shape) for shape in array.shapes))
    relative = None if worst is None else worst.relative
    delta = None if worst is None or isinstance(worst.difference, complex) else worst.difference
    cells = (
        array.name,
        shape,
        f"{array.beyond}/{array.compared}",
        "" if worst is None else worst.place,
        "" if worst is None else _value(worst.c),
        "" if worst is None else _value(worst.py),
        signed(delta),
        number(relative, 4),
        str(array.tolerance),
        array.status.value,
    )
    return Line(cells, array.status)


def _shape(shape: tuple[int, ...]) -> str:
    return " x ".join(map(str, shape)) if shape else "1"
