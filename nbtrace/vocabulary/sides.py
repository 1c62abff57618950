"""The two programs: which of them something is of, and what reports call them."""

from dataclasses import dataclass
from enum import StrEnum


class Side(StrEnum):
    """Which program printed a record: `c` is the reference, `py` the candidate."""

    C = "c"
    PY = "py"
    UNKNOWN = "unknown"

    @property
    def other(self) -> "Side":
        """The opposite side; an unknown one has none."""
        return {Side.C: Side.PY, Side.PY: Side.C}.get(self, Side.UNKNOWN)


@dataclass(frozen=True, slots=True)
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
