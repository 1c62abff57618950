"""Where the values of a log belong: pixel blocks, sampled points and φ steps, which logs do not number."""

from dataclasses import dataclass, field, replace

from nbtrace.parsers.dialect import Placement
from nbtrace.parsers.outcome import Field
from nbtrace.physics.nanobragg.quantities import PHI_TIC
from nbtrace.physics.nanobragg.vocabulary import VOCABULARY
from nbtrace.records import Index

PER_SAMPLE = frozenset({"pixel", "lattice"})
"""Sections whose quantities are printed once for each sample of a pixel."""

INNERMOST = "innermost"
"""The section of the quantities of one innermost sample, several of which a sample of the pixel may have."""

_IN_SAMPLES = PER_SAMPLE | {INNERMOST}

SCALING = "scaling"
"""The section of the quantities that stand once in a pixel block, after its samples."""

CLOSING = frozenset({"I_pixel_final", "floatimage_accumulated", "steps", "fluence_photons_per_m2"})
"""Quantities after which a pixel block is complete."""

OPENING = "I_before_scaling"
"""The quantity of the scaling chain that begins a pixel block after a complete one."""


@dataclass(eq=False, repr=False)
class PixelPlacement(Placement):
    """Tells each value which pixel block, sample and φ step it belongs to.

    Within a pixel the reference prints the per-sample quantities once for each subpixel and layer, then the scaling
    chain. So a per-sample key that comes round again begins a new sample, and one after the chain a new pixel block.
    """

    block: int = 0
    sample: int = 0
    _seen: set[str] = field(default_factory=set)
    _last_rank: int = -1
    _closed: bool = False
    _phi: tuple[int, int, int] | None = None
    _phi_key: str = ""

    def place(self, item: Field) -> Index:
        """Return the index of a value, and remember that it was seen."""
        if item.starts_blocks:
            self._advance(item.meaning.quantity)
        index = item.index
        quantity = VOCABULARY.quantities.get(item.meaning.quantity)
        step = index.ordinal(PHI_TIC)
        if step is not None and item.meaning.quantity.startswith("phi_"):
            return replace(index, block=self.block, sample=self._phi_sample(step, item.key))
        per_sample = quantity is not None and quantity.section in _IN_SAMPLES
        sample = self.sample if per_sample else 0
        if index.block == self.block and index.sample == sample:
            return index
        return replace(index, block=self.block, sample=sample)

    @property
    def closed(self) -> bool:
        """Whether the pixel block under way has reached its end."""
        return self._closed

    def _advance(self, name: str) -> None:
        quantity = VOCABULARY.quantities.get(name)
        if quantity is None or quantity.section not in {*PER_SAMPLE, SCALING}:
            return
        per_sample = quantity.section in PER_SAMPLE
        if self._closed and (per_sample or name == OPENING):
            self.block += 1
            self.sample = 0
            self._closed = False
            self._seen.clear()
            self._phi = None
        elif per_sample and name in self._seen and VOCABULARY.rank[name] < self._last_rank:
            self.sample += 1
            self._seen.clear()
        self._closed = self._closed or name in CLOSING
        if per_sample:
            self._seen.add(name)
            self._last_rank = VOCABULARY.rank[name]

    def _phi_sample(self, tic: int, key: str) -> int:
        if self._phi is None:
            self._phi = (self.sample, self.sample, tic)
            self._phi_key = key
            return self.sample
        at_sample, phi_sample, last = self._phi
        if self.sample != at_sample:
            phi_sample = max(self.sample, phi_sample + 1)
        elif tic < last or (tic == last and key == self._phi_key):
            phi_sample += 1
        self._phi = (self.sample, phi_sample, tic)
        return phi_sample
