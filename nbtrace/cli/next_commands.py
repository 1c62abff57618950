"""The commands to run next, as they can be run: with the options and the flags that the call under way was given."""

import shlex
from collections.abc import Iterator, Sequence
from dataclasses import replace
from pathlib import Path
from typing import Any

from nbtrace.cli.call_under_way import UNNAMED, Call, TypedOption, under_way
from nbtrace.report.next_steps import FLAGS, FLAGS_MEANT
from nbtrace.report.view import Command, Section, SectionKind, View

_OF_TRACES = frozenset({"diff", "steps", "scaling", "explain", ""})
"""Commands in which a tolerance means the same; the one without a name is `nbtrace A B`."""
_SHARED = frozenset({"vocabulary", "names", "config", "lenient", "policy", "mode", "dtype", "device"})
"""Options that another command is given as well, where it has them."""
_WHOLE, _ONE = "all_pixels", "--pixel"
"""An option that asks for all, and one that asks for a part of it in its place."""
_OF_A_WHOLE_SUITE = frozenset({"shard", "jobs", "results", "scheduler", "no_trace"})
"""Options of a whole suite that one case of it, to be looked at in full, is not given."""
_JOINTS = (" && ", "; ")
_DASHES = " -- "
_PIPES = ("/dev/fd/", "/proc/self/fd/", "/dev/stdin")
ONCE = "what came through a pipe can be read once: save it as a file, and the command to run next is named"


def runnable(view: View) -> View:
    """Return a view whose commands to run next can be run as they stand, after the call under way."""
    call = under_way.get()
    if call is None:
        return view
    return replace(view, sections=tuple(_of_section(section, call) for section in view.sections))


def _of_section(section: Section, call: Call) -> Section:
    if section.kind is not SectionKind.NEXT:
        return section
    kept = [command for command in section.commands if not _reads_a_pipe(command)]
    lost = len(kept) < len(section.commands)
    commands = tuple(_of_command(command, call) for command in kept)
    return replace(section, commands=commands, items=(*section.items, *([ONCE] if lost else [])))


def _reads_a_pipe(command: Command) -> bool:
    """Tell whether a command names what was read once and is gone."""
    head, _, _ = _parted(command.line, [_DASHES])
    return any(_is_pipe(word) for word in _split(head)[2:])


def _is_pipe(word: str) -> bool:
    if word == "-" or word.startswith(_PIPES):
        return True
    try:
        return Path(word).is_fifo()
    except (OSError, ValueError):
        return False


def _split(text: str) -> list[str]:
    try:
        return shlex.split(text)
    except ValueError:
        return text.split()


def _of_command(command: Command, call: Call) -> Command:
    steps = [_completed(step, call) + joint for step, joint in _steps(command.line)]
    line = "".join(steps)
    question = command.question if FLAGS in line else command.question.removesuffix(FLAGS_MEANT)
    return replace(command, line=line, question=question)


def _steps(line: str) -> Iterator[tuple[str, str]]:
    """Yield the commands of a line, each with what joins it to the next one; a name in quotes is not taken apart."""
    rest = line
    while rest:
        step, joint, rest = _parted(rest, _JOINTS)
        yield step, joint


def _parted(text: str, joints: Sequence[str]) -> tuple[str, str, str]:
    """Return a text before, at and behind the first of some joints that stands in no quotes."""
    for place in range(len(text)):
        joint = next((joint for joint in joints if text.startswith(joint, place)), "")
        if joint and _is_whole(text[:place]):
            return text[:place], joint, text[place + len(joint) :]
    return text, "", ""


def _is_whole(text: str) -> bool:
    """Tell whether no quote is open at the end of a text."""
    try:
        shlex.split(text)
    except ValueError:
        return False
    return True


def _completed(step: str, call: Call) -> str:
    """Return one command with what the call says of its inputs and of the run."""
    if not call.options and not call.flags:  # nothing to take over, and no other command is loaded to see that
        return step
    words = _split(step)
    if len(words) < 2 or words[0] != "nbtrace":
        return step
    name = words[1] if words[1] in call.commands else ""
    head, dashes, flags = _parted(step, [_DASHES])
    options = [option for option in call.options if _goes_on(option, call, name, words)]
    head = " ".join([head, *(shlex.join(option.words) for option in options)])
    configured = any(option.parameter == "config" for option in options)
    if configured and dashes + flags == FLAGS:
        return head
    if call.flags and (
        dashes + flags == FLAGS or (not dashes and _same(name, call.command) and _command(call, name).takes_flags)
    ):
        return f"{head}{_DASHES}{shlex.join(call.flags)}"
    return head + dashes + flags


def _command(call: Call, name: str) -> Any:
    return call.commands[name or UNNAMED]


def _same(name: str, other: str) -> bool:
    """Tell whether two commands take the same options of their inputs: the one without a name explains."""
    return name == other or {name, other} == {"", "explain"}


def _goes_on(option: TypedOption, call: Call, name: str, words: Sequence[str]) -> bool:
    """Tell whether an option of the call is one of a command to run next, too, and is not there already.

    That command is loaded only where the call's own options do not tell.
    """
    same_tolerance = option.parameter == "tolerance" and {name, call.command} <= _OF_TRACES
    if not (_same(name, call.command) or option.parameter in _SHARED or same_tolerance):
        return False
    if option.parameter == _WHOLE and _ONE in words:
        return False
    if option.parameter in _OF_A_WHOLE_SUITE and "--only" in words:
        return False
    if name == call.command:
        return not option.spellings & set(words)
    mine = next((item for item in _command(call, name).params if item.name == option.parameter), None)
    return mine is not None and not {*mine.opts, *mine.secondary_opts} & set(words)
