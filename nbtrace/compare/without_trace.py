"""What two logs say of the whole result, compared where a log holds no trace of a computation."""

from collections.abc import Iterator
from dataclasses import replace

from nbtrace.compare.logs import logs_of
from nbtrace.errors import UsageError
from nbtrace.parsers.values import read_value
from nbtrace.records import STATISTICS, Record, Shape, Side, Trace


def with_statistics(c: Trace, py: Trace) -> tuple[Trace, Trace]:
    """Return two traces, with what each log states and says of the whole result where one of them has nothing else.

    Logs that both end before they say anything of the result stay as they are: what programs state before they compute
    proves nothing.
    """
    if (c.has_values and py.has_values) or not (c.statistics and py.statistics):
        return c, py
    return _complete(c), _complete(py)


def _complete(trace: Trace) -> Trace:
    stated = {record.quantity for record in trace.records}
    further = (item for item in (*_settings(trace), *trace.statistics) if item.quantity not in stated)
    return replace(trace, records=(*trace.records, *further))


def _settings(trace: Trace) -> Iterator[Record]:
    """Yield the settings that a log states; those that are quantities of the vocabulary as such, after the others."""
    names = logs_of(trace.vocabulary).stated_quantities
    rank = trace.vocabulary.rank
    for name, setting in sorted(trace.settings.items(), key=lambda item: rank.get(names.get(item[0], item[0]), -1)):
        value = read_value(setting.value)
        quantity = names.get(name, name)
        known = trace.vocabulary.quantities.get(quantity)
        if known is not None and value.shape is not Shape.SCALAR:
            continue
        try:
            meaning = trace.vocabulary.meaning(quantity, value.unit)
        except UsageError:
            continue
        yield Record(
            name, quantity, value, meaning.unit, meaning.scale, Side.UNKNOWN, STATISTICS, setting.line, known=known
        )
