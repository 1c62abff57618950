"""Traps of a command line: what the reference would ignore, misread or compute otherwise than one might think."""

from collections.abc import Iterator, Sequence

from simulator.arguments import ArgumentFinding, CommandLine, Trouble, examine
from simulator.errors import InputFileError, SimulatorError
from simulator.file_traps import file_traps
from simulator.idle_flags import idle_axes, idle_flags
from simulator.run_traps import run_traps
from simulator.traps import Trap, TrapKind, about_file, other_effect
from simulator.word_traps import order_of_vectors, word_traps

_KINDS = dict.fromkeys((Trouble.UNKNOWN, Trouble.STRAY, Trouble.TOO_FEW, Trouble.UNSEEN), TrapKind.NO_EFFECT)
"""What a finding of an argument is; any other one has another effect."""


def lint(arguments: Sequence[str], *, mode: str | None = None, files: bool = True) -> tuple[Trap, ...]:
    """Return what is surprising about a command line, without running it.

    Parameters
    ----------
    arguments : sequence of str
    mode : str, optional
        In place of -mode among the arguments.
    files : bool
        Whether the files that it names are read. The headers of ``-img`` and ``-mask`` always are.
    """
    words = [word for word in arguments if word != "--lenient"]
    try:
        command = examine(words, mode=mode)
    except InputFileError as error:
        return (about_file(str(error)),)
    except SimulatorError as error:
        return (other_effect(str(error)),)
    return tuple(dict.fromkeys(_traps(words, command, files=files)))


def _traps(words: Sequence[str], command: CommandLine, *, files: bool) -> Iterator[Trap]:
    yield from map(_of_finding, command.findings)
    yield from word_traps(words, command)
    yield from order_of_vectors(command.acts)
    yield from idle_flags(words, command)
    yield from idle_axes(command)
    yield from run_traps(command.config)
    if files:
        waves = [act for act in command.acts if act.meant and act.flag.sets == ("beam.wavelength_angstrom",)]
        yield from file_traps(command.config, waves[-1].text if waves else "the wavelength of 1 Å")


def _of_finding(finding: ArgumentFinding) -> Trap:
    return Trap(_KINDS.get(finding.trouble, TrapKind.OTHER_EFFECT), finding.remark)
