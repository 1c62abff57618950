"""GitHub workflow commands: annotations at the lines of the logs, and a group with everything that was judged.

A job prints them as they are. `data`, `prop` and `_plain` keep text of logs from becoming commands.
"""

from collections.abc import Iterator, Sequence

from nbtrace.report.ci.items import CiItem, CiSuite, Fate
from nbtrace.report.view import clean


def render(suites: Sequence[CiSuite]) -> str:
    """Return lines of workflow commands.

    GitHub shows ten errors and ten warnings of a step, so the verdicts come first, then what follows from nothing
    else; what may only be a consequence is a warning.
    """
    lines = [_verdict(suite) for suite in suites]
    for suite in suites:
        lines += [line for item in suite.items[1:] if (line := _annotation(item, suite)) is not None]
    for suite in suites:
        lines += _group(suite)
    return "".join(f"{line}\n" for line in lines)


def _verdict(suite: CiSuite) -> str:
    first = suite.items[0]
    level = {Fate.FAIL: "error", Fate.ERROR: "error", Fate.SKIP: "warning", Fate.WAIVED: "warning"}.get(
        first.fate, "notice"
    )
    return _command(level, first, f"nbtrace {suite.name}", first.message or first.fate.value)


def _annotation(item: CiItem, suite: CiSuite) -> str | None:
    if item.fate not in {Fate.FAIL, Fate.ERROR}:
        return None
    return _command("warning" if item.follows else "error", item, f"nbtrace {suite.name}: {item.name}", item.message)


def _command(level: str, item: CiItem, title: str, message: str) -> str:
    properties = {"title": title}
    if item.places:
        place = item.places[0]
        properties |= {"file": clean(place.file)} | ({"line": str(place.line)} if place.line is not None else {})
    written = ",".join(f"{name}={prop(text)}" for name, text in properties.items())
    return f"::{level} {written}::{data(message)}"


def _group(suite: CiSuite) -> Iterator[str]:
    yield f"::group::{data(f'nbtrace {suite.name}: {_counted(suite)}')}"
    for item in suite.items:
        where = f" ({', '.join(map(str, item.places))})" if item.places and item.message else ""
        said = f": {item.message}" if item.message else ""
        yield _plain(f"{item.fate.value} {item.name}{said}{where}")
    yield "::endgroup::"


def _plain(text: str) -> str:
    """Return a line that is no command: it begins with a word, and the older form may stand anywhere in a line."""
    return text.replace("##[", "# #[")


def _counted(suite: CiSuite) -> str:
    return ", ".join(f"{len(found)} {fate.value}" for fate in Fate if (found := suite.of(fate)))


def data(text: str) -> str:
    """Return text as the message of a command."""
    return text.replace("%", "%25").replace("\r", "%0D").replace("\n", "%0A")


def prop(text: str) -> str:
    """Return text as a property of a command."""
    return data(text).replace(":", "%3A").replace(",", "%2C")
