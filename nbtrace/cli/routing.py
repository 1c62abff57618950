"""What `nbtrace A B`, without the name of a command, calls for: by the content of its inputs."""

import shlex
from collections.abc import Mapping, Sequence

from nbtrace.cli import HELP
from nbtrace.cli.input_kinds import InputKind, exists, kind_of
from nbtrace.cli.wrong_calls import flags_behind
from nbtrace.errors import UsageError
from nbtrace.nearness import nearest
from nbtrace.report.view import typed

_MOST_INPUTS = 2


def positional(args: Sequence[str], options: Mapping[str, int]) -> list[str]:
    """Return the words before `--` that are neither options nor values of options.

    Parameters
    ----------
    args : sequence of str
    options : mapping
        How many values each option takes; one that is not known takes none.
    """
    words: list[str] = []
    rest = list(args[: args.index("--")] if "--" in args else args)
    while rest:
        word = rest.pop(0)
        if word.startswith("-") and word != "-":
            del rest[: options.get(word, 0)]
        else:
            words.append(word)
    return words


def routed(args: Sequence[str], *, answer: str, commands: Sequence[str], options: Mapping[str, int]) -> list[str]:
    """Return the words of a call with the command that its inputs call for in front.

    Parameters
    ----------
    args : sequence of str
        They begin with no command.
    answer : str
        The command for two traces.
    commands : sequence of str
        The names of all.
    options : mapping
        How many values each option of the commands in question takes.

    Returns
    -------
    list of str
        The words; as they are where no input is named, or the first word is a slip of the pen for a command.

    Raises
    ------
    InputError
        If an input is missing.
    UsageError
        If no one command fits the inputs.
    """
    words = list(args)
    inputs = positional(words, options)
    if answer.split() == inputs and HELP & set(words):
        return [answer, "--help"]
    if not inputs:
        return words
    _refuse_command_behind(words, inputs, commands)
    if not _names_files(inputs, commands):
        return words
    if HELP & set(words):
        return [answer, "--help"]
    if call := flags_behind("nbtrace", words, options):
        raise UsageError(f"flags of a run stand after --: {call}")
    return [*_command_for(inputs, answer), *words]


def _refuse_command_behind(words: Sequence[str], inputs: Sequence[str], commands: Sequence[str]) -> None:
    """Refuse a call whose command is not its first word."""
    named = next((word for word in inputs if word in commands), None)
    if named is not None and (inputs[0] == named or exists(inputs[0])):
        rest = list(words)
        rest.remove(named)
        raise UsageError(
            f"the command comes first: {shlex.join(['nbtrace', named, *rest])} (a file of that name is ./{named})"
        )


def _names_files(inputs: Sequence[str], commands: Sequence[str]) -> bool:
    """Tell whether the words are files; one that is none, and is like a command, is left to the list of commands."""
    first, *others = inputs
    if exists(first):
        return True
    if nearest(first, commands) is not None:
        return False
    if "." in first or "/" in first:
        return True
    if len(others) == 1 and exists(others[0]):
        raise UsageError(f"{first!r} is neither a command nor a file (nbtrace --help lists the commands)")
    if others and all(map(exists, others)):
        call = " ".join(["nbtrace", *map(typed, others)])
        raise UsageError(f"{first!r} is neither a command nor a file; {call} does what the inputs call for")
    return False


def _command_for(inputs: Sequence[str], answer: str) -> tuple[str, ...]:
    """Return the command that the inputs call for."""
    kinds = [kind_of(name) for name in inputs]
    if len(inputs) > _MOST_INPUTS:
        several = "; nbtrace diff REF.log A.log B.log … holds several traces against the first"
        raise UsageError(
            f"{len(inputs)} inputs: {', '.join(inputs[:4])}; give two traces or two images, and flags of a run after --"
            + several * (set(kinds) == {InputKind.TRACE})
        )
    if set(kinds) == {InputKind.TRACE}:
        return (answer,)
    if set(kinds) == {InputKind.IMAGE}:
        if len(inputs) == 1:
            raise UsageError(f"{inputs[0]} is one image; give the other, too: nbtrace images {typed(inputs[0])} OTHER")
        return ("images",)
    if set(kinds) == {InputKind.REFLECTIONS}:
        if len(inputs) == 1:
            raise UsageError(
                f"{inputs[0]} holds structure factors; give the others, too: nbtrace diff {typed(inputs[0])} OTHER"
            )
        return ("diff",)
    if kinds == [InputKind.FOLDER]:
        return "bundle", "verify"
    raise UsageError(_mixture(inputs, kinds))


_CALLS = {
    InputKind.TRACE: "nbtrace diff compares two traces",
    InputKind.REFLECTIONS: "nbtrace diff compares two files of structure factors",
    InputKind.IMAGE: "nbtrace images compares two images",
    InputKind.FOLDER: "nbtrace bundle verify holds one folder against its digests",
}
_ARTICLES = {
    InputKind.TRACE: "a trace",
    InputKind.REFLECTIONS: "a file of structure factors",
    InputKind.IMAGE: "an image",
    InputKind.FOLDER: "a folder",
}


def _mixture(inputs: Sequence[str], kinds: Sequence[InputKind]) -> str:
    """Return what two inputs are that no one command takes, and which commands take them."""
    if set(kinds) == {InputKind.FOLDER}:
        calls = " and ".join(f"nbtrace bundle verify {typed(name)}" for name in inputs)
        return f"{' and '.join(inputs)} are folders; verify them one by one: {calls}"
    what = " and ".join(f"{name} is {_ARTICLES[kind]}" for name, kind in zip(inputs, kinds, strict=True))
    calls = ", ".join(_CALLS[kind] for kind in dict.fromkeys(kinds))
    if set(kinds) == {InputKind.TRACE, InputKind.REFLECTIONS}:
        calls = "nbtrace diff compares two of a kind"
    if set(kinds) == {InputKind.TRACE, InputKind.IMAGE}:
        log = inputs[kinds.index(InputKind.TRACE)]
        calls += f"; the geometry of images from a trace: nbtrace images C PY --geometry {typed(log)}"
    return f"{what}; {calls}"
