"""Which programs two logs are from."""

from collections.abc import Iterator

from nbtrace.compare.notices.compared import ComparedLogs
from nbtrace.records import Side, Trace
from nbtrace.verdicts.notices import Notice, Subject, Weight


def same_side(logs: ComparedLogs) -> Iterator[Notice]:
    """Yield that both logs are of one program by their prefixes."""
    if are_of_one_side(logs.c, logs.py):
        yield Notice(Subject.SIDES, Weight.INFO, same_side_words("logs", logs.c))


def are_of_one_side(c: Trace, py: Trace) -> bool:
    """Whether the prefixes of two logs are those of one program."""
    return c.side is py.side and c.side is not Side.UNKNOWN


def same_side_words(what: str, c: Trace) -> str:
    """Return what is said of two logs of one side, of which `c` stands for the reference."""
    names = c.vocabulary.names
    taken = f"the first is taken as {names.reference}, the second as {names.candidate}"
    return f"both {what} carry the prefixes of {names.of(c.side)}; {taken}"


def copies(logs: ComparedLogs) -> Iterator[Notice]:
    """Yield that nothing tells the two logs apart."""
    if logs.alignment.only_c or logs.alignment.only_py or not logs.rows:
        return
    if logs.c.account.unreadable or logs.py.account.unreadable:
        return
    if all(row.c.value.text == row.py.value.text for row in logs.rows):
        text = "every printed value is the same, digit for digit: is one log a copy of the other?"
        yield Notice(Subject.SIDES, Weight.INFO, text)
