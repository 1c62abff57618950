"""One pixel of a whole-detector trace as a trace of its own, without reading the others."""

from nbtrace.detector.detector_file import DetectorFile
from nbtrace.detector.parquet_writer import pyarrow_modules
from nbtrace.errors import InputError, MismatchError
from nbtrace.parsers.dialect import dialect_of
from nbtrace.parsers.parquet_table import titled_rows
from nbtrace.parsers.titled_tables import read_table
from nbtrace.parsers.trace_builder import MOST_VALUES, traces_of
from nbtrace.records import Pixel, Trace
from nbtrace.vocabulary.vocabulary import Vocabulary


def pixel_trace(source: str, pixel: Pixel, vocabulary: Vocabulary) -> Trace:
    """Return the trace of one pixel (slow, fast) of a whole-detector trace.

    Raises
    ------
    InputError
        If the file is missing, damaged or no such trace, or the pixel has more values than a trace.
    MismatchError
        If it does not hold the pixel.
    UsageError
        If pyarrow is not installed, or a column states a unit of something else than its quantity.
    """
    dialect = dialect_of(vocabulary)
    file = DetectorFile(source, dialect)
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
