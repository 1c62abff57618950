"""The certificate of a capture: that reading the values changed nothing, and that every value is there."""

import math
from collections.abc import Mapping
from dataclasses import dataclass
from enum import StrEnum

from nbtrace.errors import IncompleteError, PerturbedError

EMPTY = "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855"
"""SHA-256 of nothing: that two runs both write nothing shows nothing."""


class OutputState(StrEnum):
    """What became of one thing that a program writes."""

    SAME = "same"
    UNSTABLE = "unstable"
    """It differs between two runs without capture: a time, a process number. It says nothing."""
    CHANGED = "changed"
    """It is the same in all runs without capture, and another with it."""


@dataclass(frozen=True)
class OutputCheck:
    """One thing that a program writes: a file, `stdout` or `stderr`.

    Attributes
    ----------
    name : str
    plain, captured : str or None
        SHA-256 of it without capture and with it; None where there is none.
    state : OutputState
    """

    name: str
    plain: str | None
    captured: str | None
    state: OutputState


@dataclass(frozen=True)
class ImagePixelCheck:
    """The captured pixel in the image that the program wrote.

    Attributes
    ----------
    file : str
    quantity : str
    pixel : (int, int)
        Slow, fast.
    captured, in_image : float
        The captured value and that of the image.
    """

    file: str
    quantity: str
    pixel: tuple[int, int]
    captured: float
    in_image: float

    @property
    def agrees(self) -> bool:
        """Whether both are the same number."""
        return self.captured == self.in_image or (math.isnan(self.captured) and math.isnan(self.in_image))


@dataclass(frozen=True)
class ProbeHits:
    """How often a probe was reached in the selected turn.

    Attributes
    ----------
    probe : str
        The probe in words.
    hits : int
    optional : bool
        The program may pass it by.
    unread : str
        Why a value of it could not be read; empty if all were.
    """

    probe: str
    hits: int
    optional: bool
    unread: str = ""

    @property
    def complete(self) -> bool:
        """Whether it delivered what was asked for."""
        return not self.unread and (self.hits > 0 or self.optional)


@dataclass(frozen=True)
class Certificate:
    """What makes a captured trace one of the program as it is.

    Attributes
    ----------
    outputs : tuple of OutputCheck
        Everything that the program wrote.
    probes : tuple of ProbeHits
    image : ImagePixelCheck or None
        None where the probes name no image.
    program_sha256 : str
        Digest of the program that was given.
    captured_sha256 : str
        Digest of the program that was captured from: the same, or a twin of it.
    runs : int
        Runs without capture that the output was held against.
    """

    outputs: tuple[OutputCheck, ...]
    probes: tuple[ProbeHits, ...]
    image: ImagePixelCheck | None
    program_sha256: str
    captured_sha256: str
    runs: int

    @property
    def hits(self) -> int:
        """How often probes were reached."""
        return sum(probe.hits for probe in self.probes)

    @property
    def same(self) -> tuple[OutputCheck, ...]:
        """What is the same with capture and without, and not empty."""
        return tuple(item for item in self.outputs if item.state is OutputState.SAME and item.plain != EMPTY)

    @property
    def unstable(self) -> tuple[OutputCheck, ...]:
        """What differs from run to run by itself."""
        return tuple(item for item in self.outputs if item.state is OutputState.UNSTABLE)

    def require(self) -> None:
        """Refuse a capture that is none of the program as it is.

        Raises
        ------
        IncompleteError
            If a probe was never reached, or a value could not be read.
        PerturbedError
            If the program writes something else with capture, nothing that it writes could show it, or the captured
            pixel is not the one of the image.
        """
        self._require_values()
        self._require_output()
        if self.image is not None and not self.image.agrees:
            slow, fast = self.image.pixel
            raise PerturbedError(
                f"{self.image.quantity} is {self.image.captured:.9g} as captured and {self.image.in_image:.9g} at "
                f"pixel {slow} {fast} of {self.image.file}: what was captured is not that pixel of the image"
            )

    def _require_values(self) -> None:
        missing = [probe for probe in self.probes if not probe.complete]
        if not missing:
            return
        first, more = missing[0], f", and {len(missing) - 1} more" if len(missing) > 1 else ""
        why = first.unread or "never reached"
        raise IncompleteError(f"{first.probe}: {why}{more}; no trace was written")

    def _require_output(self) -> None:
        changed = [item for item in self.outputs if item.state is OutputState.CHANGED]
        if changed:
            names = ", ".join(item.name for item in changed[:5])
            raise PerturbedError(
                f"the program writes something else when values are captured from it ({names}), and the same in every "
                "run without: it reads memory that it never set, or its time or surroundings; no trace was written"
            )
        if not self.same:
            names = ", ".join(item.name for item in self.unstable[:5])
            what = f"all that the program writes differs between two plain runs of it ({names})" if names else ""
            raise PerturbedError(
                f"{what or 'the program writes nothing'}, so that nothing can show whether capturing changed it; "
                "no trace was written"
            )


Digests = Mapping[str, str]
"""Name of each thing that a run wrote, and its SHA-256."""


def compared_outputs(plain: Digests, captured: Digests, again: Digests | None = None) -> tuple[OutputCheck, ...]:
    """Return what became of each thing that a program writes.

    Parameters
    ----------
    plain, captured : mapping of str to str
        What a run without capture wrote, and one with it.
    again : mapping of str to str, optional
        What a second run without capture wrote; None where there was none.
    """
    names = sorted({*plain, *captured, *(again or {})})
    return tuple(_compared(name, plain.get(name), captured.get(name), again) for name in names)


def _compared(name: str, plain: str | None, captured: str | None, again: Digests | None) -> OutputCheck:
    if again is not None and again.get(name) != plain:
        state = OutputState.UNSTABLE
    else:
        state = OutputState.SAME if plain == captured else OutputState.CHANGED
    return OutputCheck(name, plain, captured, state)
