"""What to run next after a result: each step a command with its arguments, quoted for the shell."""

from collections.abc import Iterable, Iterator
from shlex import quote
from typing import TYPE_CHECKING

from nbtrace.compare.readable import PAGE
from nbtrace.records import Side, Trace
from nbtrace.report.view import Command, Section, SectionKind, logs_line, typed
from nbtrace.vocabulary.vocabulary import Vocabulary

if TYPE_CHECKING:
    from nbtrace.compare.diff import DiffResult

TITLE = "What to look at next"
FLAGS = " -- FLAGS"
"""What stands in a command for the flags of a run that nobody has told."""
FLAGS_MEANT = " (FLAGS are those of the run; or --config NAME in place of -- FLAGS)"
"""The end of its question, which says so."""
MERGED_MEANT = " (give --ref and the like as the parts had them)"
"""The end of the question after parts that are merged, of which only the results are kept."""
_LANGUAGES = {Side.C: "c", Side.PY: "python"}


def next_section(items: Iterable[str] = (), commands: Iterable[Command] = ()) -> tuple[Section, ...]:
    """Return the section, or nothing where there is nothing to say."""
    items, commands = tuple(items), tuple(commands)
    return (Section(TITLE, items=items, commands=commands, kind=SectionKind.NEXT),) if items or commands else ()


def logs_command(name: str, question: str, *sources: str, vocabulary: Vocabulary, more: str = "") -> Command:
    """Return a command on logs, with the vocabulary that they were read with."""
    return Command(logs_line(name, *sources, vocabulary=vocabulary, more=more), question)


def why(c: Trace, py: Trace) -> Command:
    """Return the command that explains a difference between two traces."""
    return logs_command("explain", "who is wrong, and why?", c.source, py.source, vocabulary=c.vocabulary)


def vocabulary_drafted(c: Trace, py: Trace) -> Command:
    """Return the commands that draft a vocabulary of two logs, and explain with it."""
    logs = f"{typed(c.source)} {typed(py.source)}"
    line = f"nbtrace vocabulary init {logs} -o drafted.toml && nbtrace {logs} --vocabulary drafted.toml"
    return Command(line, "a draft of what your own quantities mean; formulas that you add tell whose value is right")


def to_be_logged(side: Side, vocabulary: Vocabulary) -> Command:
    """Return the command that gives a side what prints a trace."""
    name = vocabulary.names.of(side)
    return Command(f"nbtrace init-logging {_LANGUAGES[side]}", f"code by which {name} prints what it lacks ({PAGE})")


def after_lacking(result: "DiffResult") -> Iterator[Command]:
    """Yield what lets a side print the values that it lacks; a log that was cut off may lack them for that alone."""
    covered = result.coverage
    for trace, side, missing in (
        (result.c, Side.C, covered.missing_on_c),
        (result.py, Side.PY, covered.missing_on_py),
    ):
        if missing and not trace.account.torn:
            yield to_be_logged(side, result.c.vocabulary)


def after_check(trace: Trace, *, broken: bool, lacking: bool) -> tuple[Section, ...]:
    """Return what is next after a log was held against itself: the other program's, and what it lacks."""
    words = trace.vocabulary
    logs = ("OTHER.log", trace.source) if trace.side is Side.PY else (trace.source, "OTHER.log")
    if broken:
        name, question = "explain", "what breaks them? OTHER.log is the other program's"
    else:
        name, question = "diff", "does the other program agree? OTHER.log is its log"
    commands = [logs_command(name, question, *logs, vocabulary=words)]
    if lacking and trace.side is not Side.UNKNOWN:
        commands.append(to_be_logged(trace.side, words))
    return next_section(commands=commands)


def after_suite(
    source: str, names: Iterable[str], *, candidates: Iterable[str] = (), merged: bool = False
) -> tuple[Section, ...]:
    """Return what is next after a suite: its first case that fails, alone, with the candidates that the suite had.

    Of parts that are merged the other options of their calls are not known.
    """
    name = next(iter(names), None)
    if name is None:
        return ()
    words = ["nbtrace compare --suite", typed(source), "--only", quote(name)]
    words += [f"--cand {quote(candidate)}" for candidate in candidates]
    line = " ".join([*words, "--bundle evidence"])
    question = f"what is wrong with {name}?" + MERGED_MEANT * merged
    return next_section(commands=[Command(f"{line} && nbtrace report evidence", question)])
