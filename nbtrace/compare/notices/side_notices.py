"""Which programs two logs are from."""

from collections.abc import Iterator

from nbtrace.compare.notices.compared import ComparedLogs
from nbtrace.records import Side, Trace
from nbtrace.verdicts.notices import Notice, Subject, Weight


def which_is_which(logs: ComparedLogs) -> Iterator[Notice]:
    """Yield which log is taken as which program's, and why, unless each tells it and they stand in that order."""
    yield from side_notices("logs", logs.c, logs.py, exchanged=logs.exchanged)


def side_notices(what: str, c: Trace, py: Trace, *, exchanged: bool) -> Iterator[Notice]:
    """Yield what is said of two logs of which `c` stands for the reference.

    Parameters
    ----------
    what : str
        Logs, or files.
    c, py : Trace
    exchanged : bool
        Whether they were given the other way round.
    """
    names, taken = c.vocabulary.names, _taken(c, py)
    by_order = taken if c.source == py.source else f"by their order {taken}"
    if c.side is not Side.UNKNOWN and c.side is py.side:
        text = f"both {what} carry the prefixes of {names.of(c.side)}; {by_order}"
    elif c.side is py.side:
        text = f"neither of the two {what} tells whose it is; {by_order}"
    elif Side.UNKNOWN in {c.side, py.side}:
        told = c if py.side is Side.UNKNOWN else py
        text = f"only one of the two {what} tells whose it is, that of {names.of(told.side)}; so {taken}"
    elif exchanged:
        text = f"by their prefixes {taken}, whatever their order"
    else:
        return
    yield Notice(Subject.SIDES, Weight.INFO, text)


def _taken(c: Trace, py: Trace) -> str:
    """Return which file stands for which program."""
    names, files = c.vocabulary.names, (c.source, py.source)
    if files[0] == files[1]:
        return f"the same file is taken as {names.reference} and as {names.candidate}"
    short = [file.rpartition("/")[2] for file in files]
    first, second = files if short[0] == short[1] else short
    return f"{first} is taken as {names.reference}, {second} as {names.candidate}"


def copies(logs: ComparedLogs) -> Iterator[Notice]:
    """Yield that nothing tells the two logs apart."""
    if logs.alignment.only_c or logs.alignment.only_py or not logs.rows:
        return
    if logs.c.account.unreadable or logs.py.account.unreadable or logs.alignment.again:
        return
    if all(row.c.value.text == row.py.value.text for row in logs.rows):
        text = "every printed value is the same, digit for digit: is one log a copy of the other?"
        yield Notice(Subject.SIDES, Weight.INFO, text)
