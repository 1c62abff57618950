"""A long log as one trace, to set beside what the line reader gives."""

from nbtrace.longlogs.columnar import ColumnReader
from nbtrace.records import Trace


def column_trace(reader: ColumnReader) -> Trace:
    """Read the whole log by columns."""
    records = tuple(record for part in reader.chunks() for record in part.records())
    return Trace(
        reader.source,
        records,
        reader.settings,
        reader.account,
        reader.dialects,
        reader.pixels,
        reader.vocabulary,
        statistics=reader.statistics,
    )
