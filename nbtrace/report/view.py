"""The view: what a report says, before anyone decides how it looks. Every renderer takes the same view."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from enum import StrEnum
from shlex import quote

from nbtrace import plain_text
from nbtrace.frozen import frozen
from nbtrace.records import Trace
from nbtrace.units import metres
from nbtrace.verdicts.notices import Notice, Weight
from nbtrace.verdicts.status import Status, Verdict
from nbtrace.verdicts.tolerance import DEFAULT_ABSOLUTE, Policy
from nbtrace.vocabulary import registry
from nbtrace.vocabulary.quantity import Quantity
from nbtrace.vocabulary.vocabulary import Vocabulary


@frozen
class Column:
    """A table column.

    Attributes
    ----------
    title : str
    numeric : bool
        Aligned to the right.
    rank : int
        Where a terminal is too narrow, columns of the highest rank are left out first; one of rank 0 never is. Markdown
        shows every column.
    rounds : bool
        A narrow terminal may show its numbers with fewer digits.
    named : bool
        Its title holds names that a vocabulary gives, which may be long: a terminal breaks it.
    """

    title: str
    numeric: bool = False
    rank: int = 0
    rounds: bool = False
    named: bool = False


@dataclass(frozen=True, slots=True)
class Line:
    """A table row.

    Attributes
    ----------
    cells : tuple of str
        One text per column.
    status : Status or None
        What colours it. A short form counts the lines that agree.
    kept : bool
        It stands in a short form although it agrees.
    """

    cells: tuple[str, ...]
    status: Status | None = None
    kept: bool = False


@frozen
class Table:
    """A table."""

    columns: tuple[Column, ...]
    lines: Sequence[Line]


@frozen
class Command:
    """A command to run next.

    Attributes
    ----------
    line : str
        As it is typed.
    question : str
        What it answers.
    """

    line: str
    question: str


class SectionKind(StrEnum):
    """What a section is, where a page shows it otherwise: a table that sorts, a card per root."""

    OTHER = "other"
    QUANTITIES = "quantities"
    DIVERGENT = "divergent quantities"
    ROOTS = "roots"
    PROOF = "proof of a root"
    NEXT = "what to look at next"
    CASES = "cases of a suite"


@frozen
class Section:
    """A heading with sentences, items, commands and a table, in this order.

    Attributes
    ----------
    repeats_table : bool
        It says again, for a document, what the terminal shows in a table.
    detail : bool
        A short form names it and leaves it out.
    left_out : str
        What a short form says of the lines that it leaves out.
    """

    title: str
    sentences: tuple[str, ...] = ()
    items: tuple[str, ...] = ()
    commands: tuple[Command, ...] = ()
    table: Table | None = None
    repeats_table: bool = False
    kind: SectionKind = SectionKind.OTHER
    detail: bool = False
    left_out: str = ""

    @property
    def says_something(self) -> bool:
        """Whether there is anything under its heading."""
        return bool(self.sentences or self.items or self.commands or self.table)


@frozen
class View:
    """A whole report.

    Attributes
    ----------
    title : str
    verdict : Verdict
    headline : str
        The answer, in one line.
    facts : tuple of str
        What was compared, with what tolerance.
    notices : tuple of Notice
        What must be known before any table.
    sections : tuple of Section
    of : str
        The command whose words its verdict has, where they are its own.
    word : str
        What stands in place of the verdict's word; empty where that says it.
    """

    title: str
    verdict: Verdict
    headline: str
    facts: tuple[str, ...]
    notices: tuple[Notice, ...]
    sections: tuple[Section, ...]
    of: str = ""
    word: str = ""

    @property
    def verdict_word(self) -> str:
        """The verdict as reports say it."""
        return self.word or verdict_word(self.verdict, of=self.of)


VERDICT_WORDS = {
    Verdict.AGREE: "AGREE",
    Verdict.DIFFER: "DIFFER",
    Verdict.NOT_COMPARABLE: "NOT COMPARABLE",
}

CHECK = "check"
"""What results are called that are of one log."""

CAPTURE = "capture"
"""What results are called that are values captured from a program."""

TREND = "trend"
"""What results are called that are of a history."""

_OWN_WORDS = {
    CHECK: {Verdict.AGREE: "CONSISTENT", Verdict.DIFFER: "INCONSISTENT"},
    CAPTURE: {Verdict.AGREE: "CAPTURED"},
    TREND: {Verdict.AGREE: "STEADY", Verdict.DIFFER: "ALARM"},
}
"""Words of commands whose results are of one thing, which has nothing to agree with."""


def verdict_word(verdict: Verdict, *, of: str = "") -> str:
    """Return a verdict as reports say it, with the words of the command that it is `of` where it has its own."""
    return _OWN_WORDS.get(of, {}).get(verdict, VERDICT_WORDS[verdict])


WAIVED_WORD = "WAIVED"
"""The verdict where every divergence is waived and no waiver fails."""

FAILING_WORD = "WAIVER FAILS"
"""The verdict where all agrees, and a waiver must go."""


def waiver_word(verdict: Verdict, *, passes: bool) -> str:
    """Return the word that stands in place of a verdict because of waivers; empty where the verdict stays."""
    if verdict is Verdict.DIFFER and passes:
        return WAIVED_WORD
    return FAILING_WORD if verdict is Verdict.AGREE and not passes else ""


clean = plain_text.clean
"""Every renderer passes all text of a view through this."""

WEIGHT_WORDS = {Weight.BLOCKING: "STOP", Weight.WARNING: "NOTE", Weight.INFO: "INFO"}


def number(value: float | None, digits: int = 9) -> str:
    """Return a number for a table; a dash where there is none."""
    return "–" if value is None else f"{value:.{digits}g}"


def signed(value: float | None, digits: int = 3) -> str:
    """Return a signed number in exponent form for a table; 0 stays 0."""
    if value is None:
        return "–"
    return "0" if value == 0 else f"{value:+.{digits}e}"


def percent(share: float | None) -> str:
    """Return a share in percent with two decimals."""
    if share is None:
        return "–"
    # Adding 0 turns the -0.0 that rounding leaves into 0.0.
    return f"{round(100 * share, 2) + 0.0:.2f} %"


def delta_text(delta: float, known: Quantity | None) -> str:
    """Return an absolute difference with its unit; lengths in metres also in micrometres."""
    if known is None or known.unit in {"1", "photons"}:
        return f"{delta:+.6g}"
    if known.unit == "m":
        return ("+" if delta > 0 else "") + metres(delta)
    return f"{delta:+.6g} {known.unit}"


def listed(names: Iterable[str], most: int = 8) -> str:
    """Return names separated by commas, and how many more there are."""
    names = tuple(names)
    more = f" and {len(names) - most} more" if len(names) > most else ""
    return ", ".join(names[:most]) + more


def input_facts(c: Trace, py: Trace) -> tuple[str, ...]:
    """Return what was read of either log: its name, its pixel, its lines."""
    sides = zip(c.vocabulary.names.pair, (c, py), strict=True)
    return tuple(f"{side}: {log_fact(trace)}" for side, trace in sides)


def log_fact(trace: Trace) -> str:
    """Return what was read of a log: its name, its pixel, its lines."""
    pixel = pixel_text(trace)
    account = trace.account
    lines = f"{account.used} of {account.total} lines used"
    unread = f", {len(account.unreadable)} unreadable" if account.unreadable else ""
    return f"{trace.source} ({pixel + '; ' if pixel else ''}{lines}{unread})"


def dialect_words(trace: Trace) -> str:
    """Return in what forms the lines of a log are, with the names that the sides have."""
    words = ", ".join(trace.dialects) or "none"
    own, called = registry.load(registry.DEFAULT).names, trace.vocabulary.names
    if own == called or not registry.is_default(trace.vocabulary):
        return words
    named = dict(zip(own.pair, called.pair, strict=True))
    return " ".join(named.get(word, word) for word in words.split(" "))


def pixel_text(trace: Trace) -> str:
    """Return the pixel that a trace is of, or that it does not tell; nothing where there are no pixels to tell."""
    from nbtrace.compare.whereabouts import whereabouts  # noqa: PLC0415 - the parsers, which views of images do not need

    at, what = whereabouts(trace), trace.vocabulary.block
    if at.pixel:
        return f"{what} slow {at.pixel[0]} fast {at.pixel[1]}"
    return f"{what} not told" if trace.vocabulary.has_blocks else ""


def typed(name: str) -> str:
    """Return the name of a file as it is typed: quoted for the shell, and no option."""
    return quote(f"./{name}" if name.startswith("-") and name != "-" else name)


def logs_line(command: str, *sources: str, vocabulary: Vocabulary, more: str = "") -> str:
    """Return a command on logs as it is typed, with the vocabulary that they were read with and further words."""
    words = ["nbtrace", *([command] if command else []), *map(typed, sources), *([more] if more else [])]
    if not registry.is_default(vocabulary):
        words += ["--vocabulary", quote(vocabulary.origin or vocabulary.name)]
    return " ".join(words)


_SHOWN_TOLERANCES = 50


def tolerance_facts(policy: Policy) -> tuple[str, ...]:
    """Return the tolerances in force, overrides marked."""
    relative = policy.relative
    mark = f" [override: {relative.origin}]" if relative.overridden else " (default)"
    absolutes = policy.vocabulary.absolutes
    absolute = f" {DEFAULT_ABSOLUTE:g} absolute on {absolutes}," if absolutes else ""
    facts = [f"Tolerance: {relative.value:g} relative{mark},{absolute} never finer than the printed digits"]
    shown = list(policy.overrides.items())[:_SHOWN_TOLERANCES]
    facts += [f"Tolerance of {name}: {limit} [override: {limit.origin}]" for name, limit in shown]
    if len(policy.overrides) > len(shown):
        facts.append(f"Tolerances of {len(policy.overrides) - len(shown)} more quantities are overridden")
    return tuple(facts)
