"""The two programs: which of them something is of, and what reports call them."""

from enum import StrEnum

from nbtrace.errors import UsageError
from nbtrace.frozen import frozen

MOST_LETTERS = 30
"""Letters of a name that somebody gives to a side: it heads columns of numbers."""


class Side(StrEnum):
    """Which program printed a record: `c` is the reference, `py` the candidate."""

    C = "c"
    PY = "py"
    UNKNOWN = "unknown"

    @property
    def other(self) -> "Side":
        """The opposite side; an unknown one has none."""
        return {Side.C: Side.PY, Side.PY: Side.C}.get(self, Side.UNKNOWN)


@frozen
class Names:
    """What reports call the two programs.

    Attributes
    ----------
    reference, candidate : str
    """

    reference: str
    candidate: str

    @property
    def pair(self) -> tuple[str, str]:
        """Both, the reference first."""
        return self.reference, self.candidate

    @property
    def ratio(self) -> str:
        """The candidate's value over the reference's, as a formula."""
        return f"{self.candidate}/{self.reference}"

    @property
    def difference(self) -> str:
        """The candidate's value less the reference's, as a formula."""
        return f"{self.candidate} − {self.reference}"

    @property
    def both(self) -> str:
        """Both in words."""
        return f"{self.reference} and {self.candidate}"

    @property
    def either(self) -> str:
        """One of them, in words."""
        return f"{self.reference} or {self.candidate}"

    @property
    def against(self) -> str:
        """The comparison of both, in words."""
        return f"{self.reference} against {self.candidate}"

    def of(self, side: Side) -> str:
        """Return the name of a side, `?` for one that is not known."""
        return {Side.C: self.reference, Side.PY: self.candidate}.get(side, "?")


def given_names(reference: str, candidate: str, where: str) -> Names:
    """Return the names that somebody gives to the two sides, without what no report can show.

    Parameters
    ----------
    reference, candidate : str
    where : str
        Who gives them: an option, a key of a file.

    Raises
    ------
    UsageError
        If one is empty or too long, or both are the same.
    """
    names = Names(_shown(reference, where), _shown(candidate, where))
    if names.reference.casefold() == names.candidate.casefold():
        raise UsageError(f"{where}: both sides are called {names.reference!r}; give two names")
    return names


def _shown(name: str, where: str) -> str:
    """Return a name on one line, without characters that show nothing."""
    shown = " ".join("".join(letter if letter.isprintable() else " " for letter in name).split())
    if not shown:
        raise UsageError(f"{where}: a name is empty; give two names, the reference's first")
    if len(shown) > MOST_LETTERS:
        begin = f"{shown[:MOST_LETTERS]}…"
        raise UsageError(f"{where}: {begin!r} has {len(shown)} letters; a name has {MOST_LETTERS} at most")
    return shown
