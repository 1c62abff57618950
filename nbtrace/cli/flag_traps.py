"""What is wrong or surprising about nanoBragg's flags, found without running anything and without torch."""

from collections.abc import Sequence

from nbtrace.errors import InputError, UsageError
from simulator.arguments import Command, parse
from simulator.canonical import canonical_arguments
from simulator.errors import InputFileError, SimulatorError
from simulator.flags import FLAGS

LENIENT = "--lenient"


def traps(flags: Sequence[str]) -> list[str]:
    """Return a line for each argument that is ignored, ambiguous or without effect.

    Raises
    ------
    UsageError, InputError
        If the flags make no run even as the reference reads them.
    """
    lines = [f"{finding.argument}: {finding.trouble.value}: {finding.text}" for finding in _parsed(flags).findings]
    inert = [word for word in flags if word.startswith("-") and _without_effect(word)]
    return lines + [f"{word}: no effect: the reference reads it and does nothing with it" for word in inert]


def canonical_flags(flags: Sequence[str]) -> list[str]:
    """Return the shortest flags with the same meaning."""
    return canonical_arguments(_parsed(flags).config)


def _parsed(flags: Sequence[str]) -> Command:
    try:
        return parse([word for word in flags if word != LENIENT], lenient=True)
    except InputFileError as error:
        raise InputError(str(error)) from error
    except SimulatorError as error:
        raise UsageError(str(error)) from error


def _without_effect(word: str) -> bool:
    matching = [flag for flag in FLAGS if flag.matches(word)]
    return bool(matching) and all(flag.inert for flag in matching)
