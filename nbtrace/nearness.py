"""What a word that is no name of anything was meant to be: only a name that is near is worth saying.

The simulator, which imports nothing from here, has the same rule in `simulator/suggestion.py`; a test holds the two
together.
"""

from collections.abc import Iterable

_SHORTEST = 3
"""Letters from which a slip of the pen can be told from another word."""
_LONGEST = 60
_ALIKE = 0.75
"""Share of the letters that a word and a name must have in common, in order."""


def nearest(word: str, names: Iterable[str]) -> str | None:
    """Return the name that a word was meant to be: one that is nearly the same, or that it begins; None if none is.

    Case and leading dashes are no part of a name.
    """
    plain = _plain(word)
    known: dict[str, str] = {}
    for name in names:
        known.setdefault(_plain(name), name)
    if plain in known or not _SHORTEST <= len(plain) <= _LONGEST:
        return known.get(plain)
    from difflib import get_close_matches  # noqa: PLC0415 - few calls hold a slip of the pen

    near = get_close_matches(plain, known, 1, _ALIKE) or [other for other in known if other.startswith(plain)]
    return known[near[0]] if near else None


def _plain(name: str) -> str:
    return name.lstrip("-").lower()
