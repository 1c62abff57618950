"""Names in a vocabulary: what can be one, and which is nearest to a word that is none."""

import unicodedata
from collections.abc import Iterable

LONGEST = 200


def folded(name: str) -> str:
    """Return a name as Python reads it in a formula: `µ` and `μ` are one letter there."""
    return unicodedata.normalize("NFKC", name)


def fault(name: str) -> str | None:
    """Return why a text can be no name of anything, None if it can."""
    if not name.strip():
        return "a name is empty"
    if len(name) > LONGEST:
        return f"a name has {len(name)} letters; at most {LONGEST} are read"
    if not name.isprintable():
        return f"the name {name!r} holds a character that cannot be printed"
    if name != name.strip():
        return f"the name {name!r} begins or ends with a blank"
    if "=" in name:
        return f"the name {name!r} holds an equals sign, which ends a key in a log"
    return None


def hint(word: str, words: Iterable[str]) -> str:
    """Return `; the nearest is …` for a word that is none of `words`, or nothing where none is near."""
    from nbtrace.nearness import nearest  # noqa: PLC0415 - only for an error

    near = nearest(word, words)
    return f"; the nearest is {near}" if near is not None else ""
