"""A region of interest: a rectangle of pixels, as the reference's `-roi` has it."""

from nbtrace.errors import UsageError
from nbtrace.frozen import frozen
from nbtrace.records import Pixel


@frozen
class Roi:
    """A region of interest as the reference has it: first and last pixel along fast, then along slow, inclusive."""

    fast_first: int
    fast_last: int
    slow_first: int
    slow_last: int

    def __post_init__(self) -> None:
        if not (0 <= self.fast_first <= self.fast_last and 0 <= self.slow_first <= self.slow_last):
            raise UsageError(
                f"region {self}: give the first and last pixel along fast, then along slow, both inclusive"
            )

    @classmethod
    def from_region(cls, region: tuple[int, int, int, int]) -> "Roi":
        """Return a region whose ends are given along slow, then along fast, both inclusive.

        Raises
        ------
        UsageError
            If an end comes before its start, or lies before the first pixel.
        """
        slow_start, slow_end, fast_start, fast_end = region
        if not (0 <= slow_start <= slow_end and 0 <= fast_start <= fast_end):
            given = " ".join(map(str, region))
            raise UsageError(
                f"region {given}: give the first and last pixel along slow, then along fast, both inclusive"
            )
        return cls(fast_start, fast_end, slow_start, slow_end)

    @property
    def ends(self) -> tuple[int, int, int, int]:
        """The four numbers in the reference's order."""
        return self.fast_first, self.fast_last, self.slow_first, self.slow_last

    @property
    def flags(self) -> tuple[str, ...]:
        """The reference's flag."""
        return ("-roi", *map(str, self.ends))

    @property
    def slices(self) -> tuple[slice, slice]:
        """Slices along (slow, fast)."""
        return slice(self.slow_first, self.slow_last + 1), slice(self.fast_first, self.fast_last + 1)

    @property
    def words(self) -> str:
        """The region for people, slow first."""
        return f"slow {self.slow_first} to {self.slow_last}, fast {self.fast_first} to {self.fast_last}"

    def __contains__(self, pixel: Pixel) -> bool:
        slow, fast = pixel
        return self.slow_first <= slow <= self.slow_last and self.fast_first <= fast <= self.fast_last

    def __str__(self) -> str:
        return " ".join(map(str, self.ends))
