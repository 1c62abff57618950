"""What makes the output of a program worth less than it looks: no numbers, another pixel, the clock, threads."""

from collections.abc import Sequence

import numpy as np

from nbtrace.compare.whereabouts import whereabouts
from nbtrace.errors import InputError, MismatchError
from nbtrace.images.image import Image, Mask
from nbtrace.images.roi import Roi
from nbtrace.programs.command import FlagLine
from nbtrace.records import Pixel, Trace
from nbtrace.verdicts.notices import Notice, Subject, Weight

_SHOWN = 4
"""Pixels that a message names."""

_CLOCK = (
    "-misset random without -misset_seed: the clock seeds the orientation of the crystal, so runs that do not start in "
    "the same second differ; give -misset_seed N before -misset random (-seed is that of the noise alone)"
)


def require_numbers(images: Sequence[tuple[str, Image]], line: FlagLine) -> None:
    """Refuse images that hold no number where the flags ask for some.

    Parameters
    ----------
    images : sequence of (str, Image)
        Each with the side that it is of, for people; of one shape each with the flags.
    line : FlagLine

    Raises
    ------
    InputError
        Naming the sides without numbers, and the likely reason.
    """
    bad = [name for name, image in images if not np.isfinite(image.pixels[_computed(line, image)]).any()]
    if not bad:
        return
    what = "is" if len(bad) == 1 else "are"
    build = "a build with -ffast-math" if len(bad) == 1 else ""
    flags = "flags that describe no experiment, such as a 0 that divides" if len(bad) == len(images) else ""
    why = " or ".join(filter(None, (build, flags)))
    raise InputError(
        f"{' and '.join(bad)} {what} nan or inf in every computed pixel, so there is nothing to compare; likely {why}"
    )


def _computed(line: FlagLine, image: Image) -> Mask:
    """Return the pixels that the region of interest contains; all where the image has another shape."""
    if image.shape != line.shape:
        return np.ones(image.shape, bool)
    inside = np.zeros(image.shape, bool)
    inside[Roi(*line.config.roi).slices] = True
    return inside


def require_pixel(trace: Trace, wanted: Pixel, side: str, *, curved: bool = False) -> None:
    """Refuse a trace that says, or whose geometry says, that it is of another pixel than was asked for.

    The geometry of a `curved` detector says nothing: its pixels lie elsewhere than those of a flat one.

    Raises
    ------
    MismatchError
    """
    places = [whereabouts(trace, block) for block in trace.blocks]
    traced = [place.stated if curved else place.pixel for place in places]
    pixels = list(dict.fromkeys(pixel for pixel in traced if pixel is not None))
    if all(pixel == wanted for pixel in pixels):
        return
    asked = f"-trace_pixel {wanted[0]} {wanted[1]} asks for slow {wanted[0]} fast {wanted[1]}"
    if len(pixels) > 1:
        named = ", ".join(f"{slow} {fast}" for slow, fast in pixels[:_SHOWN]) + ", …" * (len(pixels) > _SHOWN)
        raise MismatchError(f"{side} traces {len(pixels)} pixels ({named}): {asked} alone; compare without traces")
    slow, fast = pixels[0]
    what = "the transposed pixel" if (fast, slow) == wanted else "another pixel"
    raise MismatchError(
        f"{side} traces {what}: {asked}, the trace is of slow {slow} fast {fast}; correct it, or give --no-trace"
    )


def reservations(line: FlagLine, threads: int) -> list[Notice]:
    """Return what is to be said of a run of the reference with these flags and that many threads."""
    notices = []
    if line.seeded_by_clock:
        notices.append(Notice(Subject.CONFIGURATION, Weight.WARNING, _CLOCK))
    if threads > 1 and line.interpolates:
        notices.append(
            Notice(
                Subject.CONFIGURATION,
                Weight.WARNING,
                f"structure factors are interpolated with {threads} threads: in the reference that is a race, and runs "
                "may differ; give --threads 1 (OMP_NUM_THREADS=1; without it, it takes every core), or -nointerpolate",
            )
        )
    return notices
