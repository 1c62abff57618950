"""The environment that programs run in: the user's, without what nbtrace sets for the libraries of its own process."""

import os

_OWN: dict[str, str] = {}


def set_for_itself(name: str, value: str) -> None:
    """Set a variable for libraries that this process loads, unless the user has set it."""
    if name not in os.environ:
        os.environ[name] = _OWN[name] = value


def environment_of_programs() -> dict[str, str]:
    """Return the variables that a program gets from this process."""
    return {name: value for name, value in os.environ.items() if _OWN.get(name) != value}
