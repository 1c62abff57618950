"""One pixel of two whole-detector traces as traces of its own, without reading the others."""

from dataclasses import replace

from nbtrace.detector.detector_file import DetectorFile
from nbtrace.detector.parquet_writer import pyarrow_modules
from nbtrace.errors import InputError, MismatchError
from nbtrace.parsers.dialect import Dialect, dialect_of
from nbtrace.parsers.parquet_table import titled_rows
from nbtrace.parsers.titled_tables import read_table
from nbtrace.parsers.trace_builder import MOST_VALUES, traces_of
from nbtrace.records import Pixel, Shape, Trace, Value
from nbtrace.vocabulary.vocabulary import Vocabulary

_NULL = Value(Shape.SENTINEL, (), (), "null")


def pixel_traces(c: str, py: str, pixel: Pixel, vocabulary: Vocabulary) -> tuple[Trace, Trace]:
    """Return the traces of one pixel (slow, fast) of two whole-detector traces.

    A value that only one side has, in a row of both and of a quantity of both files, is a missing one of the other.

    Raises
    ------
    InputError
        If a file is missing, damaged or no such trace, or the pixel has more values than a trace.
    MismatchError
        If one does not hold the pixel.
    UsageError
        If pyarrow is not installed, or a column states a unit of something else than its quantity.
    """
    dialect = dialect_of(vocabulary)
    own, other = DetectorFile(c, dialect), DetectorFile(py, dialect)
    of_c, of_py = (_of_pixel(file, pixel, dialect) for file in (own, other))
    return _with_nulls(of_c, of_py, own), _with_nulls(of_py, of_c, other)


def _with_nulls(trace: Trace, beside: Trace, file: DetectorFile) -> Trace:
    """Return a trace with a mark for each value that it lacks beside the other, where its file has the quantity."""
    there = {(record.quantity, record.index) for record in trace.records}
    quantities, places = ({item[at] for item in there} for at in (0, 1))
    nulls = tuple(
        replace(record, value=_NULL, side=trace.side)
        for record in beside.records
        if record.quantity in file.columns.quantities
        and (record.quantity, record.index) not in there
        and (record.quantity not in quantities or record.index in places)
    )
    return replace(trace, records=(*trace.records, *nulls))


def _of_pixel(file: DetectorFile, pixel: Pixel, dialect: Dialect) -> Trace:
    source, vocabulary = file.source, dialect.vocabulary
    parquet = pyarrow_modules()[1]
    wanted = [(title, "==", at) for title, at in zip(file.columns.pixel, pixel, strict=True)]
    with file.readable():
        table = parquet.read_table(source, filters=wanted, partitioning=None)
    if not table.num_rows:
        raise MismatchError(f"{source} holds no pixel slow {pixel[0]} fast {pixel[1]}")
    if table.num_rows * table.num_columns > MOST_VALUES:
        raise InputError(f"{source}: the pixel has {table.num_rows} rows; nbtrace reads up to {MOST_VALUES} values")
    titled = titled_rows(table, source, dialect)
    read = read_table(titled, "Parquet", vocabulary, dialect.json_parts)
    traces = () if read is None else traces_of(read, source, table.num_rows, dialect)
    if len(traces) != 1 or not traces[0].records:
        raise InputError(f"{source} holds no trace values of one program at pixel slow {pixel[0]} fast {pixel[1]}")
    return traces[0]
