"""What the columns of a whole-detector trace are: where a row belongs, and the quantities, as `diff` reads a table."""

from collections.abc import Iterable, Mapping, Sequence

from nbtrace.compare.align import ExecutionOrder
from nbtrace.errors import InputError
from nbtrace.frozen import frozen
from nbtrace.parsers.dialect import Dialect
from nbtrace.parsers.parquet_table import plain_meaning, stated_meaning
from nbtrace.parsers.placed_rows import CellRow, PlacedRow
from nbtrace.parsers.sheets import with_vectors
from nbtrace.records import Index, Record, Shape, Side, Value
from nbtrace.vocabulary.quantity import Kind, Quantity


@frozen
class TitledColumn:
    """A column of a file: its title, whether it holds numbers, and the unit that the file states, if it does."""

    title: str
    is_number: bool
    unit: str | None = None


@frozen
class PixelQuantity:
    """A quantity of the table.

    Attributes
    ----------
    name : str
    columns : tuple of str
        Its column, or those of the components of a vector.
    components : tuple of str
        What the components are called; empty for a scalar.
    scale : float
        From the unit of its columns to that of the vocabulary.
    unit : str or None
    known : Quantity or None
        What the vocabulary says of it.
    """

    name: str
    columns: tuple[str, ...]
    components: tuple[str, ...]
    scale: float
    unit: str | None
    known: Quantity | None


@frozen
class PixelColumns:
    """The columns of one file.

    Attributes
    ----------
    source : str
    pixel : (str, str)
        Those of the slow and the fast coordinate.
    points : tuple of str
        Those that tell the sampled points of a pixel apart.
    loops : tuple of (str, str)
        Loops that the rows are of, the outermost first, and their columns.
    quantities : mapping of str to PixelQuantity
        In the order of the file.
    unused : mapping of str to str
        Columns that cannot be compared, and why.
    """

    source: str
    pixel: tuple[str, str]
    points: tuple[str, ...]
    loops: tuple[tuple[str, str], ...]
    quantities: Mapping[str, PixelQuantity]
    unused: Mapping[str, str]

    @property
    def places(self) -> tuple[str, ...]:
        """The columns that tell where in its pixel a row belongs."""
        return (*self.points, *(column for _, column in self.loops))


@frozen
class OrderedQuantity:
    """A quantity with its place in the order of execution.

    Attributes
    ----------
    quantity : PixelQuantity
        As the reference has it.
    phase : int
        0 before the sampled points of a pixel, 1 of one of them, 2 after them.
    rank : float
    turns : bool
        Whether the turns of the outermost loop follow one another.
    """

    quantity: PixelQuantity
    phase: int
    rank: float
    turns: bool


def pixel_columns(source: str, columns: Iterable[TitledColumn], dialect: Dialect) -> PixelColumns:
    """Return what the columns of a file are.

    Raises
    ------
    InputError
        If they tell no pixel, or none is a quantity.
    UsageError
        If a column states a unit of something else than its quantity.
    """
    columns = tuple(columns)
    numeric = [column for column in columns if column.is_number]
    # Each column stands for itself as its own number, so that what is made of them tells which they were.
    cells = with_vectors(
        {column.title: float(number) for number, column in enumerate(numeric)}, dialect.vocabulary, dialect.json_parts
    )
    placed = dialect.placed_row(CellRow(cells, number=0))
    if placed.pixel is None:
        raise InputError(
            f"{source} has no columns slow and fast that say which pixel a row is of: it is no whole-detector trace"
        )
    unused = {column.title: "holds no plain numbers" for column in columns if not column.is_number}
    quantities = _quantities(source, placed, numeric, dialect, unused)
    if not any(item.known is not None for item in quantities.values()):
        raise InputError(f"{source} holds no trace values: no column is a quantity")
    grids = tuple(place[0] for _, place in placed.index.grids)
    return PixelColumns(
        source,
        (numeric[placed.pixel[0]].title, numeric[placed.pixel[1]].title),
        tuple(numeric[place].title for place in placed.point if isinstance(place, int)),
        (
            *((name, numeric[number].title) for name, number in placed.index.places(dialect.vocabulary.indices)),
            *((numeric[number].title, numeric[number].title) for number in grids),
        ),
        quantities,
        unused,
    )


def _quantities(
    source: str,
    placed: PlacedRow,
    numeric: Sequence[TitledColumn],
    dialect: Dialect,
    unused: dict[str, str],
) -> dict[str, PixelQuantity]:
    found: dict[str, PixelQuantity] = {}
    for key, raw in placed.cells.items():
        numbers = [int(number) for number in (raw if isinstance(raw, list) else [raw])]
        own = [numeric[number] for number in numbers]
        plain = plain_meaning(key, placed, dialect)
        meant = stated_meaning(source, own[0].title, plain, [column.unit for column in own], dialect)
        known = dialect.vocabulary.quantities.get(meant.quantity)
        titles = tuple(column.title for column in own)
        components = tuple(_ending(title) for title in titles) if len(titles) > 1 else ()
        wrong = _misfit(known, len(titles))
        if wrong:
            unused |= dict.fromkeys(titles, wrong)
        elif meant.quantity in found and key != meant.quantity:
            unused |= dict.fromkeys(titles, f"is {meant.quantity} again")
        else:
            before = found.get(meant.quantity)
            if before is not None:
                unused |= dict.fromkeys(before.columns, f"is {meant.quantity} again")
            found[meant.quantity] = PixelQuantity(meant.quantity, titles, components, meant.scale, meant.unit, known)
    return found


def _ending(title: str) -> str:
    return title[-1] if title[-2:-1] == "_" else title.rpartition(".")[2]


def _misfit(known: Quantity | None, size: int) -> str:
    """Return why columns cannot be the quantity that they are called; empty where they can."""
    if known is None or (known.kind in {Kind.SCALAR, Kind.VECTOR} and known.size == size):
        return ""
    if known.kind is Kind.VECTOR:
        return f"is a part of {known.name}, whose other components are missing"
    return f"holds a number, and {known.name} is a {known.kind.value}"


def in_order(quantities: Iterable[PixelQuantity], columns: PixelColumns, dialect: Dialect) -> list[OrderedQuantity]:
    """Return quantities in the order of execution, as `diff` has it within a pixel."""
    index = Index(loops=tuple((name, 0) for name, _ in columns.loops))
    quantities = tuple(quantities)
    records = [_stand_in(item, index) for item in quantities]
    order = ExecutionOrder(dialect.vocabulary, records)
    outer = next((name for name, _ in columns.loops), None)
    ordered = []
    for item in quantities:
        looped = item.known is None or outer in item.known.indices
        _, _, phase, _, _, rank, _ = order.of(item.name, index if looped else Index())
        ordered.append(OrderedQuantity(item, phase, rank, turns=looped and outer is not None))
    return sorted(ordered, key=lambda item: (item.phase, item.rank))


def _stand_in(item: PixelQuantity, index: Index) -> Record:
    """Return a record that stands for a quantity where only its name and its place count."""
    value = Value(Shape.SCALAR, (0.0,), ("0",), "0")
    return Record(item.name, item.name, value, item.unit, item.scale, Side.UNKNOWN, "Parquet", 1, index, item.known)
