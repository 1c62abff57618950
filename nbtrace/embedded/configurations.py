"""Where a configuration is found by its name."""

import tomllib
from contextlib import suppress
from pathlib import Path

from nbtrace.errors import InputError

SUFFIX = ".toml"

SUITE_NAME = "suite.toml"
"""A list of cases for `nbtrace compare`, which is no configuration."""


def configuration_file(name: str) -> Path:
    """Return the configuration file that `name` means.

    A name that ends in `.toml` is the file itself. Any other is looked for as `NAME.toml` in the folders of
    `examples`: that of the current folder first, then that beside the package, then those installed with it.

    Raises
    ------
    InputError
        If there is none of that name; the message lists those that there are.
    """
    if name.endswith(SUFFIX):
        return Path(name)
    files = configuration_files()
    if name not in files:
        known = f"; there are: {', '.join(sorted(files))}" if files else ""
        raise InputError(f"no configuration is called {name!r}{known}; or give a file name that ends in {SUFFIX}")
    return files[name]


def configuration_files() -> dict[str, Path]:
    """Return the configurations that have a name, and the file of each."""
    package = Path(__file__).parents[1]
    folders = (Path("examples"), package.parent / "examples", package / "examples")
    candidates = (file for folder in reversed(folders) for file in sorted(folder.glob(f"*/*{SUFFIX}")))
    return {file.stem: file for file in candidates if file.name != SUITE_NAME and not _is_vocabulary(file)}


def _is_vocabulary(file: Path) -> bool:
    """Whether a file names quantities instead of flags."""
    with suppress(OSError, ValueError, RecursionError):
        return "quantities" in tomllib.loads(file.read_text(encoding="utf-8"))
    return False
