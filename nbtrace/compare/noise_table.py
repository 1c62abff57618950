"""The floors in a document of `nbtrace trust`: what is written there, and what tolerances are raised by."""

from typing import Annotated, TypeAlias

from pydantic import Field

from nbtrace.records import Pixel
from nbtrace.schema import Array, DocumentPart

_Index: TypeAlias = Annotated[int, Field(ge=0)]
_Size: TypeAlias = Annotated[float, Field(ge=0, allow_inf_nan=False)]


class PixelFloor(DocumentPart):
    """What a pixel of the image moved by."""

    slow: _Index = Field(description="Index along the slow axis, from 0.")
    fast: _Index = Field(description="Index along the fast axis, from 0.")
    absolute: _Size = Field(description="Largest size of the difference, in photons.")


class TracedFloor(DocumentPart):
    """What a traced quantity moved by at a pixel when a knob was turned.

    `regional` marks the knobs that change which pixels are computed; their floor holds only at that pixel.
    """

    slow: _Index = Field(description="Index along the slow axis, from 0.")
    fast: _Index = Field(description="Index along the fast axis, from 0.")
    quantity: str = Field(description="Its name.")
    relative: _Size | None = Field(description="Largest relative difference; null where a value is 0.")
    absolute: _Size = Field(description="Largest difference, in the unit of the quantity.")
    knob: str = Field(description="What was changed.")
    regional: bool = Field(description="Whether that changes which pixels are computed.")

    @property
    def pixel(self) -> Pixel:
        """The pixel (slow, fast)."""
        return self.slow, self.fast


class NoiseTable(DocumentPart):
    """What the reference differs by from itself: a floor for tolerances."""

    probe_slow: _Index = Field(description="Slow index of the probe pixel, from 0.")
    probe_fast: _Index = Field(description="Fast index of the probe pixel, from 0.")
    shape_slow_fast: Annotated[tuple[_Index, _Index], Field(strict=False)] = Field(
        description="Pixels of the image along slow and fast."
    )
    pixels: Array[PixelFloor] = Field(description="Pixels that move although the same pixels are computed.")
    traced: Array[TracedFloor] = Field(description="Traced quantities that move.")
