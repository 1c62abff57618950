"""The two programs: which is meant by a name, and their logs."""

import typer

from nbtrace.records import Side
from nbtrace.vocabulary.vocabulary import Vocabulary


def side_named(name: str, vocabulary: Vocabulary, ctx: typer.Context) -> Side:
    """Return the side of that name: `c` or `py`, or what the vocabulary calls it.

    Raises
    ------
    BadParameter
        If neither is called so.
    """
    sides = (Side.C, Side.PY)
    own = [side.label for side in vocabulary.sides]
    named = {label.casefold(): side for label, side in zip(own, sides, strict=True)}
    plain = {side.value: side for side in sides}
    named_side = {**named, **plain}.get(name.casefold())
    if named_side is None:
        known = plain if named == plain else own
        raise typer.BadParameter(f"{name!r}: give {' or '.join(known)}", ctx=ctx, param_hint="--side")
    return named_side
