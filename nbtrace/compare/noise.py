"""The reference's own scatter between runs, as `nbtrace trust` measured it: a floor for tolerances."""

from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Literal

import numpy as np
from pydantic import ValidationError

from nbtrace.compare.noise_table import NoiseTable, TracedFloor
from nbtrace.compare.repeatability import ROUNDING, not_below
from nbtrace.documents import load
from nbtrace.errors import InputError, MismatchError
from nbtrace.images.image import Image, Mask
from nbtrace.records import Pixel
from nbtrace.schema import Array, DocumentPart, FormatOne, read_part, reason
from nbtrace.verdicts.notices import Notice, Subject, Weight
from nbtrace.verdicts.tolerance import Policy


class _TrustedFloors(DocumentPart):
    """What is read of a document of `nbtrace trust`."""

    format: Literal["nbtrace trust"]
    format_version: FormatOne
    experiment: Array[str] | None = None
    c_binary_sha256: str | None = None
    noise: NoiseTable


@dataclass(frozen=True)
class Noise:
    """Floors for tolerances.

    The floors of a traced quantity that were measured at a pixel hold for that pixel. At a pixel where nothing was
    measured, those of the probe pixel hold, except the ones that come from computing other pixels.

    Attributes
    ----------
    name : str
        Name of the file, which reports give as origin.
    table : NoiseTable
    experiment : tuple of str or None
        The flags that it was measured with, in their shortest form; None where the file does not say.
    binary : str or None
        SHA-256 of the reference that it was measured with.
    """

    name: str
    table: NoiseTable
    experiment: tuple[str, ...] | None = None
    binary: str | None = None

    def stranger_to(self, experiment: tuple[str, ...], binary: str | None) -> str:
        """Return why the floors are not those of a reference (SHA-256) with these flags; empty where they may be."""
        if self.experiment is not None and self.experiment != experiment:
            return "other flags"
        return "another reference program" if None not in {self.binary, binary} and self.binary != binary else ""

    def applied(self, policy: Policy, pixel: Pixel | None) -> Policy:
        """Return a policy in which no tolerance is below the floor; a raised one names its origin."""
        for item in self._floors(pixel):
            origin = f"{self.name}: {policy.vocabulary.names.reference} against itself, {item.knob}"
            policy = not_below(policy, item.quantity, (item.relative, item.absolute), origin)
        return policy

    def told(self, before: Policy, after: Policy, pixel: Pixel | None) -> Notice:
        """Return what a report says of the floors: where they were measured and what they raise."""
        raised = [name for name, limit in after.overrides.items() if before.overrides.get(name) != limit]
        here = pixel is not None and self._is_measured(pixel)
        words = before.vocabulary
        where = (
            f"this {words.block}"
            if here
            else f"{words.block} {self.table.probe_slow} {self.table.probe_fast}, not this one"
        )
        text = f"{self.name}: {words.names.reference} against itself was measured at {where}"
        text += f"; raises the tolerances of {', '.join(raised)}" if raised else "; raises no tolerance"
        return Notice(Subject.TOLERANCE, Weight.WARNING if raised else Weight.INFO, text)

    def _is_measured(self, pixel: Pixel) -> bool:
        probe = self.table.probe_slow, self.table.probe_fast
        return pixel == probe or any(item.pixel == pixel for item in self.table.traced)

    def _floors(self, pixel: Pixel | None) -> Iterator[TracedFloor]:
        probe = self.table.probe_slow, self.table.probe_fast
        if pixel is not None and self._is_measured(pixel):
            yield from (item for item in self.table.traced if item.pixel == pixel)
        else:
            yield from (item for item in self.table.traced if item.pixel == probe and not item.regional)

    def within(self, c: Image, py: Image) -> Mask:
        """Return which pixels differ, by no more than C differs there from itself.

        Raises
        ------
        MismatchError
            If the floor was measured on an image of another shape.
        """
        for image in (c, py):
            if image.shape != self.table.shape_slow_fast:
                raise MismatchError(
                    f"{self.name} was measured on an image of {' x '.join(map(str, self.table.shape_slow_fast))} "
                    f"pixels (slow x fast), {image.source} has {' x '.join(map(str, image.shape))}"
                )
        mask = np.zeros(c.shape, dtype=bool)
        for item in self.table.pixels:
            place = item.slow, item.fast
            difference = abs(float(py.pixels[place]) - float(c.pixels[place]))
            mask[place] = 0.0 < difference <= item.absolute * ROUNDING
        return mask


def read_noise(path: Path) -> Noise:
    """Return the floors of a document that `nbtrace trust --json` wrote.

    Raises
    ------
    InputError
        If it cannot be read or is no such document.
    """
    try:
        document = read_part(_TrustedFloors, load(path))
    except ValidationError as error:
        raise InputError(f"{path} is no document of nbtrace trust: {reason(error)}") from None
    shape = document.noise.shape_slow_fast
    outside = next((item for item in document.noise.pixels if item.slow >= shape[0] or item.fast >= shape[1]), None)
    if outside is not None:
        raise InputError(f"{path}: pixel slow {outside.slow} fast {outside.fast} is not on its own image")
    return Noise(path.name, document.noise, document.experiment, document.c_binary_sha256)
