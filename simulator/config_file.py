"""Named configurations: a TOML file with flags, beside the files that the flags name."""

import tomllib
from dataclasses import dataclass
from pathlib import Path

from simulator.arguments import Command, parse
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
    command : Command
        The parsed flags; input files are found beside the TOML file.
    trace_pixel_slow_fast : tuple of int, optional
        The pixel that it is about.
    """

    about: str
    command: Command
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
    try:
        document = tomllib.loads(read_bytes(path).decode())
    except (tomllib.TOMLDecodeError, UnicodeDecodeError) as error:
        raise ConfigurationError(f"{path} is not TOML: {error}") from None
    flags = document.get("flags")
    if not isinstance(flags, list) or not flags:
        raise ConfigurationError(f"{path} has no flags; it needs a list of strings: flags = ['-cell', '100', …]")
    command = parse([str(flag) for flag in flags])
    pixel = document.get("trace_pixel_slow_fast")
    return NamedConfig(
        about=str(document.get("about", "")),
        command=Command(_beside(command.config, path.parent), command.findings),
        trace_pixel_slow_fast=(int(pixel[0]), int(pixel[1])) if isinstance(pixel, list) and len(pixel) == 2 else None,
    )


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
