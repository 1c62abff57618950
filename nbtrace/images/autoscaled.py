"""Integer images that nanoBragg has scaled by itself: of these no sum and no scale means anything."""

from nbtrace.images.image import Image

BRIGHTEST = 55_040
"""What the brightest pixel is then: without `-scale` intensities are multiplied by 55000/max, and 40, the default of
`-adc`, is added (nanoBragg, the integer image)."""


def is_autoscaled(image: Image) -> bool:
    """Whether an image holds whole numbers of which the largest is that of a scale that nanoBragg chose."""
    pixels = image.pixels
    return pixels.dtype.kind in "ui" and pixels.dtype.itemsize > 1 and int(pixels.max()) == BRIGHTEST
