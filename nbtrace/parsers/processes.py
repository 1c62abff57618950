"""A log into which several processes of a run have printed: the lines of each, and its values under its number."""

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import replace

from nbtrace.parsers.log_prefixes import prefix_of
from nbtrace.records import Pixel, Record, Trace
from nbtrace.vocabulary.vocabulary import RANK


def of_rank(lines: Iterable[str], ranks: Sequence[int], place: int) -> Iterator[str]:
    """Yield the lines of one process, empty ones in place of the others'; lines of no process are of the first."""
    for line in lines:
        prefix = prefix_of(line)
        rank = None if prefix is None or prefix.rank not in ranks else prefix.rank
        yield line if rank == ranks[place] or (rank is None and not place) else ""


def of_processes(traces: Sequence[Trace], ranks: Sequence[int], whole: Trace) -> Trace:
    """Return the trace of all processes, from one trace for each.

    The values of the first process have no ordinal, so that a run of one process compares with it. A pixel that the
    processes do not agree on is left open. `whole` is what the lines of all give together.
    """
    records = [record for trace, rank in zip(traces, ranks, strict=True) for record in _placed(trace, rank, ranks[0])]
    settings = {name: setting for trace in reversed(traces) for name, setting in trace.settings.items()}
    stated: dict[int, set[Pixel]] = {}
    for trace in traces:
        for block, pixel in trace.pixels.items():
            stated.setdefault(block, set()).add(pixel)
    pixels = {block: pixel for block, several in stated.items() for pixel in several if len(several) == 1}
    dialects = dict.fromkeys(name for trace in traces for name in trace.dialects)
    unreadable = sorted((bad for trace in traces for bad in trace.account.unreadable), key=lambda bad: bad.line)
    account = whole.account
    own = replace(account, unreadable=tuple(unreadable))
    lost = len(own.unreadable) - len(account.unreadable)
    return replace(
        traces[0],
        records=tuple(sorted(records, key=lambda record: record.line)),
        settings=settings,
        account=replace(own, used=own.used - lost),
        dialects=tuple(dialects),
        pixels=pixels,
        readings=whole.readings,
        untagged={form: sum(t.untagged.get(form, 0) for t in traces) for trace in traces for form in trace.untagged},
    )


def _placed(trace: Trace, rank: int, first: int) -> Iterator[Record]:
    """Yield the records of a process under its number; a log that states one in its lines keeps that."""
    for record in trace.records:
        stated = record.index.ordinal(RANK) is not None
        if rank == first or stated:
            yield record
        else:
            yield replace(record, index=replace(record.index, loops=((RANK, rank), *record.index.loops)))
