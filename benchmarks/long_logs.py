"""A pair of long logs, made from one of the example pairs: many pixels, each consistent in itself.

The banner and the order of the lines are those of the examples; each pixel block has the geometry, Miller indices,
lattice factors and intensities of its own pixel, so that the blocks differ as those of a real run do. The port's log
has the single-precision values of the same numbers; `wrong` makes it print one lattice factor too large by that part.
"""

import math
import struct
from collections.abc import Callable, Iterator
from pathlib import Path

PAIR = Path(__file__).resolve().parent.parent / "examples" / "pairs" / "polar_09__35_24"
_WIDTH = 4096
_CELLS = 6
_LEAST_LINES = 43
"""Lines of a pixel block in the shorter of the two logs."""


Vector = tuple[float, ...]


def write_pair(folder: Path, lines: int, *, wrong: float = 0.0) -> tuple[Path, Path]:
    """Write c.log and py.log of at least `lines` lines each into `folder` and return their names."""
    paths = folder / "c.log", folder / "py.log"
    pixels = -(-lines // _LEAST_LINES)
    with paths[0].open("w") as log:
        log.writelines(f"{line}\n" for line in _log("c.log", pixels, float, 0.0))
    with paths[1].open("w") as log:
        log.writelines(f"{line}\n" for line in _log("py.log", pixels, _single, wrong))
    return paths


def _single(value: float) -> float:
    number: float = struct.unpack("f", struct.pack("f", value))[0]
    return number


def _log(name: str, pixels: int, rounded: Callable[[float], float], wrong: float) -> Iterator[str]:
    example = (PAIR / name).read_text().splitlines()
    prefix = "TRACE_PY: " if name == "py.log" else "TRACE_C: "
    first = next(at for at, line in enumerate(example) if line.startswith(f"{prefix}pix0_vector_meters"))
    last = next(at for at, line in enumerate(example) if line.startswith(f"{prefix}floatimage_accumulated"))
    block = [line.removeprefix(prefix) for line in example[first : last + 1]]
    written = {body.split()[0]: tuple(map(float, body.split()[1:])) for body in block if "=" not in body}
    yield from example[:first]
    for pixel in range(pixels):
        values = written | _pixel(written, pixel, wrong)
        for body in block:
            if "=" in body:
                k, factor, product = values["hkl_frac"][1], values["F_latt_b"][0], values["F_latt"][0]
                shown = f"phi_tic=0 phi_deg=0 k_frac={k:.15g} F_latt_b={factor:.15g} F_latt={product:.15g}"
                yield f"{body.split()[0]} {shown}"
            else:
                key = body.split()[0]
                yield f"{prefix}{key} {' '.join(f'{rounded(value):.15g}' for value in values[key])}"
    yield from example[last + 1 :]


def _pixel(v: dict[str, Vector], number: int, wrong: float) -> dict[str, Vector]:
    """Return the values of another pixel, from those that the pixels have in common."""
    pix0, close, wavelength = v["pix0_vector_meters"], v["close_distance_meters"][0], v["lambda_meters"][0]
    size = math.sqrt(v["omega_pixel_sr"][0] * v["R_distance_meters"][0] ** 3 / close)
    slow, fast = (size * (index + 0.5) for index in divmod(number, _WIDTH))
    place = tuple(o + slow * s + fast * f for o, s, f in zip(pix0, v["sdet_vec"], v["fdet_vec"], strict=True))
    radius = math.hypot(*place)
    towards = tuple(x / radius for x in place)
    scattering = tuple((d - i) / wavelength for d, i in zip(towards, v["incident_vec"], strict=True))
    per_metre = 1e-10 if abs(v["rot_a_angstroms"][0]) > 1e-3 else 1.0
    hkl = tuple(per_metre * _dot(v[f"rot_{axis}_angstroms"], scattering) for axis in "abc")
    factors = [_lattice(index) for index in hkl]
    factors[1] *= 1 + wrong
    omega = size**2 * close / radius**3
    intensity = (v["F_cell"][0] * math.prod(factors)) ** 2 if "F_cell" in v else (100 * math.prod(factors)) ** 2
    common = v["r_e_sqr"][0] * v["fluence_photons_per_m2"][0] / v["steps"][0] * v["capture_fraction"][0] * omega
    final = intensity * common * v["polar"][0]
    return {
        "pixel_pos_meters": place,
        "R_distance_meters": (radius,),
        "omega_pixel_sr": (omega,),
        "omega_pixel": (omega,),
        "obliquity_factor": (close / radius,),
        "diffracted_vec": towards,
        "scattering_vec_A_inv": scattering,
        "hkl_frac": hkl,
        "hkl_rounded": tuple(float(math.ceil(index - 0.5)) for index in hkl),
        **{f"F_latt_{axis}": (factor,) for axis, factor in zip("abc", factors, strict=True)},
        "F_latt": (math.prod(factors),),
        "I_before_scaling": (intensity,),
        "I_before_scaling_pre_polar": (intensity,),
        "I_before_scaling_post_polar": (intensity * v["polar"][0],),
        "cos_2theta": (_dot(v["incident_vec"], towards),),
        "I_pixel_final": (final,),
        "floatimage_accumulated": (_single(final),),
    }


def _dot(a: Vector, b: Vector) -> float:
    return math.fsum(x * y for x, y in zip(a, b, strict=True))


def _lattice(index: float) -> float:
    below = math.sin(math.pi * index)
    return float(_CELLS) if abs(below) < 1e-12 else math.sin(math.pi * _CELLS * index) / below
