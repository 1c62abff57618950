"""What a word that is no name of anything was meant to be: only a name that is near is worth saying.

The simulator, which imports nothing from here, has the same rule in `simulator/suggestion.py`.
"""

from collections.abc import Iterable

_SHORTEST = 3
"""Letters from which a slip of the pen can be told from another word."""

_LONGEST = 60

_LETTERS_PER_SLIP = 4
"""One slip is allowed in a word of up to this many letters and a half more, two in twice as many, and so on."""


def nearest(word: str, names: Iterable[str]) -> str | None:
    """Return the name that a word was meant to be: one that it begins, or one a few slips away; None if none is near.

    A slip is a letter too many, too few, another one, or two exchanged. Case and leading dashes are no part of a name.
    """
    plain = _plain(word)
    known = {name: _plain(name) for name in names}
    same = [name for name, other in known.items() if other == plain]
    if same or not _SHORTEST <= len(plain) <= _LONGEST:
        return same[0] if same else None
    longer = [name for name, other in known.items() if other.startswith(plain)]
    allowed = max((len(plain) + _LETTERS_PER_SLIP // 2) // _LETTERS_PER_SLIP, 1)
    close = [name for name, other in known.items() if abs(len(other) - len(plain)) <= allowed]
    by_distance = sorted((slips(plain, known[name]), order, name) for order, name in enumerate(close))
    near = [name for distance, _, name in by_distance if distance <= allowed]
    return next(iter([*near, *longer]), None)


def _plain(name: str) -> str:
    return name.lstrip("-").lower()


def slips(one: str, other: str) -> int:
    """Return how many slips lie between two words: the edit distance, two exchanged neighbours being one."""
    before: list[int] = []
    last = list(range(len(other) + 1))
    for i, letter in enumerate(one, 1):
        row = [i]
        for j, wanted in enumerate(other, 1):
            best = min(last[j] + 1, row[j - 1] + 1, last[j - 1] + (letter != wanted))
            if i > 1 and j > 1 and letter == other[j - 2] and one[i - 2] == wanted:
                best = min(best, before[j - 2] + 1)
            row.append(best)
        before, last = last, row
    return last[-1]
