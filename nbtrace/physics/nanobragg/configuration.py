"""The configuration of a pair: from a file, or from the reference's flags."""

import logging
from collections.abc import Sequence
from pathlib import Path

from nbtrace.errors import InputError, UsageError
from nbtrace.programs.leniency import LENIENT
from simulator.arguments import parse
from simulator.config import Config
from simulator.config_file import load_config
from simulator.errors import InputFileError, SimulatorError

_log = logging.getLogger("nbtrace")


def configuration(file: Path | None, flags: Sequence[str]) -> Config | None:
    """Return the configuration that a TOML file or flags describe; None if there are neither.

    With :data:`LENIENT` among the flags what the reference ignores is a warning, and goes to the log.

    Raises
    ------
    InputError
        If a file is missing or malformed.
    UsageError
        If the flags are wrong.
    """
    try:
        if flags:
            return _with_its_files(_parsed(flags))
        return load_config(file).command.config if file is not None else None
    except InputFileError as error:
        raise InputError(str(error)) from None
    except SimulatorError as error:
        raise UsageError(str(error)) from None


def _parsed(flags: Sequence[str]) -> Config:
    lenient = LENIENT in flags
    command = parse([word for word in flags if word != LENIENT], lenient=lenient)
    for finding in command.findings if lenient else ():
        _log.warning("warning: %s", finding.remark)
    return command.config


def _with_its_files(config: Config) -> Config:
    """Return a configuration given by flags, whose files must be there although the formulas need none of them."""
    files = {
        "-mat": config.crystal.matrix_file,
        "-hkl": config.structure.hkl_file,
        "-sourcefile": config.beam.source_file,
        "-mask": config.sampling.mask_file,
    }
    for flag, path in files.items():
        if path is not None and not path.is_file():
            raise InputError(f"{flag} {path}: there is no such file")
    return config
