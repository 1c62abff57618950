"""The configuration of a pair: by name, from a file, or from the reference's flags."""

from collections.abc import Sequence
from pathlib import Path

from nbtrace.errors import InputError, UsageError
from simulator.arguments import parse
from simulator.config import Config
from simulator.config_file import load_config
from simulator.errors import SimulatorError

_EXAMPLES = Path("examples")


def configuration(name: str | None, flags: Sequence[str]) -> Config | None:
    """Return the configuration that a command line names; None if it names none.

    A name is a TOML file, or a folder of that name under ``examples``, or beside this package.

    Raises
    ------
    InputError
        If there is no such configuration.
    UsageError
        If its flags are wrong.
    """
    try:
        if flags:
            return parse(list(flags)).config
        return load_config(_found(name)).command.config if name is not None else None
    except SimulatorError as error:
        raise UsageError(str(error)) from None


def _found(name: str) -> Path:
    package = Path(__file__).resolve().parents[2] / _EXAMPLES
    places = [Path(name), *(folder / name / "config.toml" for folder in (_EXAMPLES, package))]
    places += [folder / name / f"{name}.toml" for folder in (_EXAMPLES, package)]
    found = next((place for place in places if place.is_file()), None)
    if found is None:
        raise InputError(f"no configuration {name!r}: give a TOML file with flags, or the flags themselves after --")
    return found
