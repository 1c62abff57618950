"""The reference's random numbers, bit for bit: a shuffled linear congruential generator and the rotations it draws.

The multiplier 16807 modulo 2³¹ − 1 is that of S. K. Park and K. W. Miller, Comm. ACM 31, 1192 (1988); a table of 32
values shuffles its output (C. Bays and S. D. Durham, ACM Trans. Math. Softw. 2, 59 (1976)). Deviates and the angle of a
random rotation are rounded to single precision, as the reference does.
"""

import math
from dataclasses import dataclass, replace
from functools import cache

import numpy as np
import numpy.typing as npt

from simulator.arrays import Float32, Float64, Uint64
from simulator.errors import ConfigurationError

MULTIPLIER = 16807
MODULUS = 2**31 - 1
DEFAULT_MOSAIC_SEED = 12345678
"""Seed of the mosaic stream where ``-mosaic_seed`` is not given."""

_TABLE_SIZE = 32
_SLOT_SHIFT = 26
_WARM_UP = 8
_LARGEST = 1.0 - 1.2e-7
_BLOCK = 1 << 16


@dataclass
class Stream:
    """The seed variable that one purpose (misset, mosaic, noise) keeps between its draws.

    Attributes
    ----------
    state : int
        The congruential generator's last value, 1 … 2³¹ − 2; zero or less asks the next draw to start afresh from
        its magnitude.
    """

    state: int

    @classmethod
    def from_seed(cls, seed: int) -> "Stream":
        """Return the stream of a seed flag with the value `seed`; the reference stores it with its sign changed.

        Raises
        ------
        ConfigurationError
            If `seed` does not fit the reference's 32-bit integer.
        """
        if abs(seed) > MODULUS:
            raise ConfigurationError(f"seed {seed} does not fit 32 bits; give one between {-MODULUS} and {MODULUS}")
        return cls(-seed)


class Generator:
    """The part of the generator that all streams share: the table of 32 values and the last output.

    A stream with a positive state (a negative seed) takes over the table that another stream left behind; so one
    generator serves a whole run, in the order random misset, mosaic domains, noise.
    """

    __slots__ = ("last", "table")

    def __init__(self) -> None:
        self.table = [0] * _TABLE_SIZE
        self.last = 0

    def copy(self) -> "Generator":
        """Return a generator in the same state that goes its own way."""
        twin = Generator()
        twin.adopt(self)
        return twin

    def adopt(self, other: "Generator") -> None:
        """Take over the state of `other`."""
        self.table[:] = other.table
        self.last = other.last

    def draw(self, stream: Stream) -> float:
        """Return the next deviate of `stream`, uniform on (0, 1), a single precision number."""
        if stream.state <= 0 or self.last == 0:
            self._start(stream)
        stream.state = stream.state * MULTIPLIER % MODULUS
        slot = self.last >> _SLOT_SHIFT
        self.last = self.table[slot]
        self.table[slot] = stream.state
        return float(_deviates(np.array([self.last], dtype=np.uint64))[0])

    def draws(self, stream: Stream, count: int) -> Float32:
        """Return the next `count` deviates of `stream`, shape (count,); the same as so many calls of :meth:`draw`."""
        deviates = np.empty(count, dtype=np.float32)
        done = 0
        while done < count:
            if self._is_regular(stream):
                size = min(count - done, _BLOCK)
                deviates[done : done + size] = _deviates(self._shuffle(stream, size))
                done += size
            else:
                deviates[done] = self.draw(stream)
                done += 1
        return deviates

    def _start(self, stream: Stream) -> None:
        """Fill the table afresh from the stream's magnitude."""
        state = max(-stream.state, 1)
        for _ in range(_WARM_UP):
            state = state * MULTIPLIER % MODULUS
        for slot in reversed(range(_TABLE_SIZE)):
            state = state * MULTIPLIER % MODULUS
            self.table[slot] = state
        stream.state = state
        self.last = self.table[0]

    def _is_regular(self, stream: Stream) -> bool:
        """Whether no draw to come starts afresh, as a zero would make it do; only the seed 2³¹ − 1 leads to zeros."""
        return stream.state % MODULUS > 0 and stream.state > 0 and self.last > 0 and 0 not in self.table

    def _shuffle(self, stream: Stream, count: int) -> Uint64:
        """Return `count` ≤ 65536 outputs.

        Only the upper five bits of an output decide which slot is next. So the sequence of slots is found with a table
        of those bits alone, and then each output is what its slot was last given.
        """
        entering = stream.state * _powers()[:count] % np.uint64(MODULUS)
        entering_slots = (entering >> np.uint64(_SLOT_SHIFT)).astype(np.uint8)
        next_slots = [value >> _SLOT_SHIFT for value in self.table]
        slot = self.last >> _SLOT_SHIFT
        slots = []
        for entering_slot in entering_slots.tobytes():
            slots.append(slot)
            leaving = next_slots[slot]
            next_slots[slot] = entering_slot
            slot = leaving
        visited = np.array(slots, dtype=np.uint8)
        order = np.argsort(visited, kind="stable")
        grouped = visited[order]
        first = np.flatnonzero(np.diff(grouped, prepend=np.uint8(255)))
        in_order = entering[order]
        leaving_in_order = np.empty_like(in_order)
        leaving_in_order[1:] = in_order[:-1]
        leaving_in_order[first] = np.array(self.table, dtype=np.uint64)[grouped[first]]
        outputs = np.empty_like(entering)
        outputs[order] = leaving_in_order
        for name, value in zip(grouped[first], in_order[np.append(first[1:], count) - 1], strict=True):
            self.table[name] = int(value)
        stream.state = int(entering[-1])
        self.last = int(outputs[-1])
        return outputs


def _deviates(outputs: Uint64) -> Float32:
    return np.minimum(outputs / np.float64(MODULUS), _LARGEST).astype(np.float32)


@cache
def _powers() -> Uint64:
    """Return 16807^(i + 1) mod 2³¹ − 1, shape (65536,): how far the congruential generator gets in i + 1 steps."""
    powers = np.full(_BLOCK, MULTIPLIER, dtype=np.uint64)
    known = 1
    while known < _BLOCK:
        powers[known : 2 * known] = powers[:known] * powers[known - 1] % np.uint64(MODULUS)
        known *= 2
    return powers


@dataclass(frozen=True)
class RandomRotations:
    """Random rotations per unit of spread, so that a rotation can follow a spread that varies.

    Attributes
    ----------
    axes : ndarray
        Unit vectors, lab frame, shape (n, 3).
    unit_angles : ndarray
        Angle over spread, shape (n,), dimensionless, 0 … 1, each a single precision number.
    """

    axes: Float64
    unit_angles: Float64

    def angles(self, spread: float) -> Float64:
        """Return the angles for `spread`, in radians, shape (n,), rounded to single precision as in the reference."""
        return (np.float32(spread) * self.unit_angles.astype(np.float32)).astype(np.float64)

    def matrices(self, spread: float) -> Float64:
        """Return the rotation matrices for `spread` (radians), shape (n, 3, 3), to act on column vectors."""
        return rotation_matrices(self.axes, self.angles(spread))


def random_rotations(deviates: npt.ArrayLike) -> RandomRotations:
    """Return the rotations that deviates make: uniform axes, angles that fill a cap of rotations evenly.

    Parameters
    ----------
    deviates : array_like
        Three uniform deviates per rotation, shape (n, 3).
    """
    r = 2.0 * np.asarray(deviates, dtype=np.float64) - 1.0
    radius = np.sqrt(1.0 - r[:, 1] ** 2)
    turn = np.pi * r[:, 0]
    axes = np.stack([radius * np.sin(turn), radius * np.cos(turn), r[:, 1]], axis=1)
    base = (1.0 - r[:, 2] ** 2).astype(np.float32)
    cube_roots = base.astype(np.float64) ** np.float64(np.float32(1 / 3))
    return RandomRotations(axes, cube_roots.astype(np.float32).astype(np.float64))


def rotation_matrices(axes: Float64, angles: Float64) -> Float64:
    """Return right-handed rotations by `angles` (n,) in radians about unit vectors `axes` (n, 3), shape (n, 3, 3).

    Rodrigues' formula: cos θ 1 + (1 − cos θ) v vᵀ + sin θ [v]×.
    """
    cosine = np.cos(angles)[:, None, None]
    sine = np.sin(angles)[:, None, None]
    x, y, z = axes.T
    zero = np.zeros_like(x)
    cross = np.stack([zero, -z, y, z, zero, -x, -y, x, zero], axis=1).reshape(-1, 3, 3)
    outer = axes[:, :, None] * axes[:, None, :]
    return np.asarray(cosine * np.eye(3) + (1.0 - cosine) * outer + sine * cross)


def random_rotation(u1: float, u2: float, u3: float, spread: float) -> Float64:
    """Return the rotation that three uniform deviates make for `spread` (radians), shape (3, 3)."""
    matrix: Float64 = random_rotations([(u1, u2, u3)]).matrices(spread)[0]
    return matrix


def mosaic_domains(generator: Generator, stream: Stream, domains: int) -> RandomRotations:
    """Draw the rotations of `domains` mosaic domains; the first is none at all, though its deviates are consumed."""
    drawn = random_rotations(generator.draws(stream, 3 * domains).reshape(domains, 3))
    return replace(drawn, unit_angles=drawn.unit_angles * (np.arange(domains) > 0))


def random_misset_angles(generator: Generator, stream: Stream) -> Float64:
    """Draw the random orientation of ``-misset random``.

    The reference draws a rotation of spread 90 taken as radians, and turns it into angles about x, y and z.

    Returns
    -------
    ndarray
        Angles in radians about lab x, then y, then z, shape (3,).
    """
    u1, u2, u3 = generator.draws(stream, 3).tolist()
    matrix = random_rotation(u1, u2, u3, 90.0)
    matrix /= np.linalg.norm(matrix, axis=1, keepdims=True)
    (_, xy, _), (yx, yy, _), (zx, zy, zz) = matrix.tolist()
    if zx * zx >= 1.0:
        return np.array([math.pi, math.pi / 2, math.atan2(xy, -yy)])
    return np.array([math.atan2(zy, zz), math.atan2(-zx, math.hypot(zy, zz)), math.atan2(yx, matrix[0, 0])])
