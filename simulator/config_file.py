"""Named configurations: a TOML file with flags, beside the files that the flags name."""

import tomllib
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from simulator.arguments import CommandLine, parse
from simulator.config import Config
from simulator.errors import ConfigurationError
from simulator.files import read_bytes

_FILES = (
    ("crystal", "matrix_file"),
    ("structure", "hkl_file"),
    ("structure", "dump_file"),
    ("beam", "source_file"),
    ("sampling", "mask_file"),
)


@dataclass(frozen=True)
class NamedConfig:
    """A configuration with its story.

    Attributes
    ----------
    about : str
        What it describes.
    command : CommandLine
        The parsed flags; input files are found beside the TOML file.
    trace_pixel_slow_fast : tuple of int, optional
        The pixel that it is about.
    """

    about: str
    command: CommandLine
    trace_pixel_slow_fast: tuple[int, int] | None


def load_config(path: Path) -> NamedConfig:
    """Read a TOML file with ``flags`` (a list of arguments), ``about`` and ``trace_pixel_slow_fast``.

    Raises
    ------
    InputFileError
        If the file cannot be read.
    ConfigurationError
        If it is not such a file, or its flags are wrong.
    """
    document = _document(path)
    about = document.get("about", "")
    if not isinstance(about, str):
        raise ConfigurationError(f"{path}: about is no text")
    command = parse(_flags(document, path))
    return NamedConfig(
        about=about,
        command=CommandLine(_beside(command.config, path.parent), command.findings),
        trace_pixel_slow_fast=_traced_pixel(document, path),
    )


def _document(path: Path) -> dict[str, Any]:
    try:
        return tomllib.loads(read_bytes(path).decode())
    except UnicodeDecodeError:
        raise ConfigurationError(f"{path} is not TOML: it is not UTF-8 text") from None
    except RecursionError:
        raise ConfigurationError(f"{path} is not TOML: nested too deeply") from None
    except ValueError as error:  # TOMLDecodeError, or an integer of thousands of digits
        raise ConfigurationError(f"{path} is not TOML: {error}") from None


def _flags(document: Mapping[str, Any], path: Path) -> list[str]:
    """Return the arguments; a number may stand without quotes."""
    flags = document.get("flags")
    if not isinstance(flags, list) or not flags:
        raise ConfigurationError(f"{path} has no flags; it needs a list of strings: flags = ['-cell', '100', …]")
    for place, flag in enumerate(flags):
        if isinstance(flag, bool) or not isinstance(flag, str | int | float):
            raise ConfigurationError(f"{path}: flags[{place}] is neither text nor a number")
    return [str(flag) for flag in flags]


def _traced_pixel(document: Mapping[str, Any], path: Path) -> tuple[int, int] | None:
    pixel = document.get("trace_pixel_slow_fast")
    match pixel:
        case None:
            return None
        case [slow, fast] if type(slow) is type(fast) is int and min(slow, fast) >= 0:
            return slow, fast
    raise ConfigurationError(f"{path}: trace_pixel_slow_fast is no pixel; give two whole numbers: [SLOW, FAST]")


def _beside(config: Config, folder: Path) -> Config:
    """Return the configuration with its relative input files looked for in `folder`."""
    changed = config
    for section_name, name in _FILES:
        section = getattr(changed, section_name)
        file = getattr(section, name)
        if file is not None and not file.is_absolute():
            section = section.model_copy(update={name: folder / file})
            changed = changed.model_copy(update={section_name: section})
    return changed
