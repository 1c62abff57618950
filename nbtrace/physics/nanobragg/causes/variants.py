"""Causes that belong to one quantity: another formula, another step, another term."""

import math
from collections.abc import Callable, Iterator, Mapping

from nbtrace.compare.metrics import dot
from nbtrace.compare.node_view import MANY, NodeView
from nbtrace.compare.vectors import unit
from nbtrace.explanation.causes.kinds_of_cause import Candidate, Candidates, Case, Signature, Trait
from nbtrace.physics.nanobragg.causes.cell_scale import common_scale, not_dual, other_volume, volume_of_real
from nbtrace.physics.nanobragg.causes.conventions import beam_centre, default_direction
from nbtrace.physics.nanobragg.causes.detector import (
    as_given,
    capture,
    given_normal,
    other_corner,
    other_point,
    other_sum,
    solid_angle,
    unscaled_beam,
)
from nbtrace.physics.nanobragg.causes.rotations import (
    other_label,
    other_rotation,
    rotated_log,
    stale_in_another_sweep,
    stale_rotation,
)
from nbtrace.physics.nanobragg.causes.spots import other_spot
from nbtrace.physics.nanobragg.causes.structure import other_reflection, structure_factor
from nbtrace.physics.nanobragg.formulas import crystal
from nbtrace.physics.nanobragg.formulas.factors import kahn, kahn_plain, polar_by
from nbtrace.physics.nanobragg.formulas.shapes import WIDTH, is_square
from nbtrace.physics.nanobragg.formulas.sweep_places import at_step, tics
from nbtrace.physics.nanobragg.lattice import MOST_CELLS, infer_cells
from nbtrace.physics.nanobragg.quantities import PHI_TIC
from nbtrace.records import Side
from nbtrace.vocabulary.formula import UnloggedError


def _over_1000(case: Case) -> Iterator[Candidate]:
    """Yield the beam centre as the reference is known to print it."""
    if case.scene.side is Side.C:
        *centre, pixel_mm = case.right
        text = "X and Y divided by 1000, as the reference is known to print them"
        yield Candidate((*(x / 1000 for x in centre), pixel_mm), text)


def _unlogged_factor(case: Case) -> Iterator[Candidate]:
    """Yield the pixel with a factor that the log does not print, which then is no mistake."""
    view = case.view()
    if "polar" not in view and "incident_vec" in view and "diffracted_vec" in view:
        (unpolarised,) = kahn_plain(view)
        yield Candidate((case.right[0] * unpolarised,), f"polarised ({unpolarised:.6g}), a factor that this log lacks")


def _pixel_value(case: Case) -> Iterator[Candidate]:
    """Yield the pixel from the intensity after polarisation, or with another polarisation than logged."""
    view = case.view()
    yield from _other_kahn(case, view)
    if "I_before_scaling_post_polar" not in view or "I_before_scaling" not in view:
        return
    after = view.number("I_before_scaling_post_polar") / view.number("I_before_scaling")
    polar = view.number("polar") if "polar" in view and not view.get("oversample_polar", (0.0,))[0] else 1.0
    text = f"from I_before_scaling_post_polar, {after:.6g} of I_before_scaling, without the logged polar"
    yield Candidate((case.right[0] * after / polar,), text)


def _other_kahn(case: Case, view: NodeView) -> Iterator[Candidate]:
    """Yield the pixel polarised by a Kahn factor of 0 or 1, whatever the log says of the polarisation."""
    if "polar" not in view or not view.number("polar") or view.get("oversample_polar", (0.0,))[0]:
        return
    logged = view.number("polar")
    beams = {
        0.0: "an unpolarised beam",
        1.0: "a fully polarised beam",
        -1.0: "a beam fully polarised in the other plane",
    }
    for K, beam in beams.items():
        try:
            (applied,) = polar_by(view, K)
        except UnloggedError:
            continue
        text = f"times {applied:.6g}, the polarisation factor of {beam}, and not times the logged polar {logged:.6g}"
        yield Candidate((case.right[0] * applied / logged,), text)


def _polarisation(case: Case) -> Iterator[Candidate]:
    view = case.view()
    first = view.of(0)
    incoming, outgoing = first["incident_vec"], first["diffracted_vec"]
    cosine = dot(incoming, outgoing)
    K = view.number("kahn_factor") if "kahn_factor" in view else 0.0
    yield Candidate((0.5 * (1 + cosine**2),), "an unpolarised beam (Kahn factor 0)")
    yield Candidate((1.0,), "polarisation not computed")
    yield Candidate((1 + cosine**2,), "without the factor ½")
    yield Candidate((0.5 * (1 + cosine),), "cos 2θ for cos²2θ")
    yield Candidate((cosine**2,), "cos²2θ alone")
    yield Candidate((0.5 * (1 + dot(unit(incoming), unit(outgoing)) ** 2),), "of normalised directions")
    if K:
        base = kahn(view, first)[0]
        plain = 0.5 * (1 + cosine**2)
        yield Candidate((2 * plain - base,), "the other sign of the polarised term")
        yield Candidate((plain + (base - plain) * 2,), "the polarised term without ½")
    for sample in view.samples()[1:]:
        here = view.of(sample)
        yield Candidate(kahn(view, here), f"of sample {sample} instead of the first")
    for other in (1.0, -1.0, 0.5, 0.9, 0.95, 0.99):
        try:
            yield Candidate(case.with_facts({"kahn_factor": (other,)}), f"Kahn factor {other:g} instead of {K:g}")
        except UnloggedError:
            continue


def _lattice(case: Case) -> Iterator[Candidate]:
    """Yield other lattice factors: of other shapes, of h − h₀, without the division, products that lack an axis."""
    view = case.view()
    if not is_square(view):
        return
    if case.name in {"F_latt", "phi_F_latt"}:
        yield from _products(view, case)
        return
    axis = case.name[-1]
    index = (
        view["hkl_frac"]["abc".index(axis)]
        if case.name.startswith("F_latt")
        else view.number(f"phi_{'hkl'['abc'.index(axis)]}_frac")
    )
    count = crystal.cells(view, axis)
    rest = index - math.ceil(index - 0.5)
    yield Candidate((crystal.grating(rest, count),), "computed from h − h₀ instead of h")
    yield Candidate((abs(crystal.grating(index, count)),), "without its sign")
    if rest:
        yield Candidate((math.sin(math.pi * count * rest) / (math.pi * rest),), "sin(πNh)/πh: no sine below")
        yield Candidate((count * math.exp(-((count * rest / WIDTH) ** 2)),), "a Gaussian spot")
        yield Candidate((crystal.grating(index * math.pi, count),), "π taken twice")
        yield Candidate((math.sin(count * index) / math.sin(index),), "π left out")
    yield Candidate((crystal.grating(index, count) / count,), "divided by N")
    yield Candidate((crystal.grating(index / count, count) / count,), "sin(πh)/(N·sin(πh/N)): N taken below, not above")


def other_cells(case: Case) -> Iterator[Candidate]:
    """Yield the lattice factor of the whole number of cells that gives the logged one, along all axes if it can be.

    That of a step is the product of the three: the numbers are those that the keyed factors of step 0 tell.
    """
    view = case.view()
    if case.name == "phi_F_latt":
        solved = _cells_solved(view, "F_latt_")
        if all(solved.values()) and solved != {axis: crystal.cells(view, axis) for axis in crystal.AXES}:
            facts = {f"N_{axis}": (float(count or 0),) for axis, count in solved.items()}
            yield Candidate(case.with_facts(facts), _cells_words(view, solved), among=MOST_CELLS)
        return
    prefix, axis = case.name[:-1], case.name[-1]
    solved = _cells_solved(view, prefix)
    count = solved[axis]
    if count is None:
        return
    index = _index_along(view, prefix, axis)
    told = crystal.cells(view, axis)
    text = f"{count} cells along {axis} instead of {told}"
    words = _cells_words(view, solved) if all(solved.values()) else text
    yield Candidate((crystal.grating(index, count),), words, among=MOST_CELLS)


def _cells_solved(view: NodeView, prefix: str) -> dict[str, int | None]:
    """Return the number of cells along each axis that gives a logged lattice factor, None where there is none."""
    solved = {axis: _cells_that_fit(view, prefix, axis) for axis in crystal.AXES}
    return solved if all(solved.values()) else {**solved, **_cells_alike(view, prefix)}


def _cells_words(view: NodeView, solved: Mapping[str, int | None]) -> str:
    told = [crystal.cells(view, axis) for axis in crystal.AXES]
    cells, others = ("x".join(map(str, counts)) for counts in (solved.values(), told))
    return f"{cells} cells instead of {others}"


_MOST_ALIKE = 64
"""Number of cells up to which the same along all axes is looked for."""
_ALIKE = 1e-4
"""Largest difference of the lattice factors, over the number of cells, at which one number fits all axes."""


def _cells_alike(view: NodeView, prefix: str) -> dict[str, int]:
    """Return the one number of cells that fits the factors along all axes, whose few digits leave each alone open."""
    try:
        pairs = [(_index_along(view, prefix, axis), view.number(f"{prefix}{axis}")) for axis in crystal.AXES]
    except UnloggedError:
        return {}
    misfits = sorted(
        (max(abs(abs(crystal.grating(index, n)) - abs(logged)) for index, logged in pairs) / n, n)
        for n in range(1, _MOST_ALIKE + 1)
    )
    (best, count), (second, _) = misfits[:2]
    return dict.fromkeys(crystal.AXES, count) if best <= _ALIKE and second > 10 * _ALIKE else {}


def _cells_that_fit(view: NodeView, prefix: str, axis: str) -> int | None:
    try:
        return infer_cells(_index_along(view, prefix, axis), view.number(f"{prefix}{axis}"))
    except UnloggedError:
        return None


def _index_along(view: NodeView, prefix: str, axis: str) -> float:
    place = crystal.AXES.index(axis)
    return view.number(f"phi_{'hkl'[place]}_frac") if prefix.startswith("phi_") else view["hkl_frac"][place]


def _products(view: NodeView, case: Case) -> Iterator[Candidate]:
    names = [f"F_latt_{axis}" for axis in "abc"]
    if case.name == "F_latt" and all(name in view for name in names):
        a, b, c = (view.number(name) for name in names)
        yield Candidate((a + b + c,), "the sum instead of the product")
        yield Candidate((a * b,), "without the factor along c")
        yield Candidate((b * c,), "without the factor along a")
        yield Candidate((a * c,), "without the factor along b")
        yield Candidate((abs(a * b * c),), "without its sign")
        yield Candidate((math.hypot(a, b, c),), "the norm instead of the product")
    elif case.name == "phi_F_latt":
        indices = crystal.step_indices(view)
        factors = [crystal.grating(h, crystal.cells(view, axis)) for h, axis in zip(indices, "abc", strict=True)]
        for i, axis in enumerate("abc"):
            rest = [factor for j, factor in enumerate(factors) if j != i]
            yield Candidate((math.prod(rest),), f"without the factor along {axis}")
        yield Candidate((abs(math.prod(factors)),), "without its sign")
        yield Candidate((sum(factors),), "the sum instead of the product")


_TERM_WORDS = ("the sum lacks term {} of {}", "only term {} of {}", "term {} of {} twice", "term {} of {} for all")
"""What may be wrong with a term of a sum, by its number and how many there are."""


def _intensity(case: Case) -> Iterator[Candidates]:
    """Yield other sums over the steps."""
    view = case.view()
    terms, amplitudes = _terms(view)
    total, count, F_cell = math.fsum(terms), len(terms), view.number("F_cell")
    if not total:
        return
    if "polar" in view:
        yield Candidate((case.right[0] * view.number("polar"),), "logged after polarisation (times polar)")
    yield Candidate((case.right[0] / count,), "divided by the number of steps already")
    if count >= MANY:
        from nbtrace.physics.nanobragg.causes.summed_steps import other_terms  # noqa: PLC0415 - imports numpy

        yield other_terms(case.right[0], terms, total, _TERM_WORDS)
    for i, term in enumerate(terms) if 1 < count < MANY else ():
        yield Candidate((case.right[0] - term * case.right[0] / total,), _TERM_WORDS[0].format(i, count))
        yield Candidate((term * case.right[0] / total,), _TERM_WORDS[1].format(i, count))
        yield Candidate((case.right[0] * (1 + term / total),), _TERM_WORDS[2].format(i, count))
        yield Candidate((term * count * case.right[0] / total,), _TERM_WORDS[3].format(i, count))
    if count > 1:
        yield Candidate((math.fsum(amplitudes) ** 2,), "the square of the sum, not the sum of the squares")
        yield Candidate((abs(math.fsum(amplitudes)),), "amplitudes instead of intensities")
    else:
        yield Candidate((total,), "(F_cell·F_latt)² of the one step that the log shows")
    if F_cell:
        yield Candidate((case.right[0] / F_cell,), "F_cell not squared")
        yield Candidate((case.right[0] / F_cell**2,), "F_cell left out")
        yield Candidate((F_cell**2 * sum(abs(a / F_cell) for a in amplitudes),), "F_latt not squared")


def _terms(view: NodeView) -> tuple[list[float], list[float]]:
    F_cell = view.number("F_cell")
    amplitudes: list[float] = []
    for sample in view.samples() or (0,):
        here = view.of(sample)
        column = here.column("phi_F_latt", PHI_TIC, here.count_of("phi_F_latt", PHI_TIC))
        factors = _factors(view, sample) if column is None else column.tolist()
        amplitudes += [F_cell * factor for factor in factors]
    return [a * a for a in amplitudes], amplitudes


def _factors(view: NodeView, sample: int) -> list[float]:
    here = view.of(sample)
    steps = tics(here, "phi_F_latt")
    return [at_step(view, sample, tic).number("phi_F_latt") for tic in steps] or [here.number("F_latt")]


def _not_stored(case: Case) -> Iterator[Candidate]:
    yield Candidate(case.view()["I_pixel_final"], "not rounded to float32")


def _divisor(case: Case) -> Iterator[Candidate]:
    for name, words in (("sources", "sources"), ("mosaic_domains", "mosaic domains"), ("phi_steps", "φ steps")):
        yield Candidate((case.right[0] / case.view().number(name),), f"the {words} are not counted")
    n = case.view().number("oversample")
    yield Candidate((case.right[0] / n,), "subpixels counted along one direction only")
    yield Candidate((case.right[0] / n**2,), "the subpixels are not counted")
    yield Candidate((case.right[0] + 1,), "one step too many")
    yield Candidate((case.right[0] - 1,), "one step too few")


def _whole(case: Case) -> Iterator[Candidate]:
    rules: tuple[tuple[str, Callable[[float], float]], ...] = (
        ("⌊x⌋", math.floor),
        ("truncated", math.trunc),
        ("⌊x + ½⌋", lambda x: math.floor(x + 0.5)),
        ("half to even", round),
        ("⌈x⌉", math.ceil),
    )
    basis = case.view()["hkl_frac"] if case.name == "hkl_rounded" else case.right
    for words, rule in rules:
        yield Candidate(tuple(float(rule(x)) for x in basis), f"another rounding rule: {words}")


def _only(
    names: frozenset[str], function: Callable[[Case], Iterator[Candidates]]
) -> Callable[[Case], Iterator[Candidates]]:
    def candidates(case: Case) -> Iterator[Candidates]:
        if case.name in names:
            yield from function(case)

    return candidates


_ORIENTATION = frozenset({*(f"rot_{axis}_angstroms" for axis in "abc"), *(f"phi_{letter}_frac" for letter in "hkl")})
_STARS = frozenset(f"rot_{axis}_star_A_inv" for axis in "abc")
_CORNER = frozenset({"pix0_vector_meters", "pix0_vector"})
_DIRECTIONS = frozenset(
    {
        "incident_vec",
        "twotheta_axis",
        "polar_axis",
        "spindle_axis_raw",
        "spindle_axis_normalized",
        *(f"{axis}_{where}" for axis in ("fdet", "sdet", "odet") for where in ("vec", "after_rotz", "after_twotheta")),
        *(f"initial_{axis}" for axis in ("fdet", "sdet", "odet")),
    }
)
_CELL = _STARS | frozenset(f"{p}_{a}{q}" for p, q in (("vec", "_star"), ("vec", "")) for a in "abc")
_CELL |= frozenset(f"{axis}_star_{stage}" for stage in ("input", "misset") for axis in "abc")
_CENTRE = frozenset({"Fbeam_m", "Sbeam_m", "Fclose_m", "Sclose_m"})
_AXIS_FACTORS = frozenset(f"{p}F_latt_{a}" for p in ("", "phi_") for a in "abc")
_F_CELL = frozenset({"F_cell", "F_cell_interpolated"})
_FACTORS = _AXIS_FACTORS | frozenset({"F_latt", "phi_F_latt"})
_SPOTS = frozenset({"F_latt", "phi_F_latt", "sample_F_latt", "I_before_scaling"})
_JOINS = frozenset({Trait.JOINS})
_ONE_SIDED = frozenset({Trait.ONE_SIDED})
VARIANTS: tuple[Signature, ...] = (
    Signature("rounding", "another rounding rule", 3, _only(frozenset({"hkl_rounded", "steps"}), _whole)),
    Signature(
        "stale_rotation",
        "the rotation of another step",
        2,
        _only(_ORIENTATION, stale_rotation),
        traits=frozenset({Trait.REPEATS_A_TURN}),
    ),
    Signature(
        "stale_in_another_sweep",
        "the rotation of another step, of another sweep",
        5,
        _only(_ORIENTATION, stale_in_another_sweep),
    ),
    Signature("other_rotation", "another spindle rotation", 3, _only(_ORIENTATION, other_rotation)),
    Signature("rotated_in_log", "printed after a rotation", 3, _only(_STARS, rotated_log), traits=_ONE_SIDED),
    Signature("cell_c_star_z", "not dual to the real vectors", 2, _only(_STARS, not_dual), traits=_ONE_SIDED),
    Signature(
        "unlogged_factor",
        "a factor not logged",
        2,
        _only(frozenset({"I_pixel_final"}), _unlogged_factor),
        traits=frozenset({Trait.NOT_LOGGED}),
    ),
    Signature("post_polar", "after polarisation", 2, _only(frozenset({"I_pixel_final"}), _pixel_value)),
    Signature("phi_label", "another division of the sweep", 2, _only(frozenset({"phi_deg"}), other_label)),
    Signature("pixel_shift", "another point of the detector", 2, _only(frozenset({"pixel_pos_meters"}), other_point)),
    Signature("corner", "another beam centre, distance or pivot", 3, _only(_CORNER, other_corner)),
    Signature(
        "corner_before_rotation", "another distance or pivot", 3, _only(frozenset({"pix0_before_rotation"}), other_sum)
    ),
    Signature(
        "over_1000",
        "a habit of the reference's log",
        1,
        _only(frozenset({"beam_center_m"}), _over_1000),
        copies=True,
        traits=frozenset({Trait.HABIT, Trait.ONE_SIDED}),
    ),
    Signature(
        "cell_volume",
        "another cell volume",
        2,
        _only(frozenset({"vec_a", "vec_b", "vec_c"}), other_volume),
        traits=_JOINS,
    ),
    Signature("common_scale", "a common factor", 3, _only(_CELL, common_scale), traits=_JOINS),
    Signature("beam_centre", "another beam centre", 3, _only(_CENTRE, beam_centre), traits=_JOINS),
    Signature("cells", "another number of cells", 2, _only(_AXIS_FACTORS | {"phi_F_latt"}, other_cells), traits=_JOINS),
    Signature("own_volume", "the real vectors' volume", 2, _only(frozenset({"V_cell"}), volume_of_real)),
    Signature(
        "convention",
        "the default of a convention",
        1,
        _only(_DIRECTIONS, default_direction),
        copies=True,
        traits=_JOINS,
    ),
    Signature(
        "given_normal",
        "the given normal",
        2,
        _only(_CORNER | frozenset({"close_distance_meters"}), given_normal),
        traits=_JOINS,
    ),
    Signature(
        "not_normalised",
        "a direction as given",
        1,
        _only(_DIRECTIONS, as_given),
        traits=_JOINS | _ONE_SIDED,
    ),
    Signature("beam_as_given", "the beam as given", 1, _only(frozenset({"ratio"}), unscaled_beam)),
    Signature("polarisation", "another polarisation factor", 2, _only(frozenset({"polar"}), _polarisation)),
    Signature(
        "solid_angle", "another solid angle", 2, _only(frozenset({"omega_pixel", "omega_pixel_sr"}), solid_angle)
    ),
    Signature("lattice_factor", "another lattice factor", 2, _only(_FACTORS, _lattice)),
    Signature("spot", "another spot", 2, _only(_SPOTS, other_spot)),
    Signature("intensity_sum", "another sum", 2, _only(frozenset({"I_before_scaling"}), _intensity)),
    Signature("capture", "another captured fraction", 2, _only(frozenset({"capture_fraction"}), capture)),
    Signature("structure_factor", "another structure factor", 2, _only(_F_CELL, structure_factor)),
    Signature("other_reflection", "another reflection", 2, _only(_F_CELL, other_reflection)),
    Signature("not_stored", "double precision", 2, _only(frozenset({"floatimage_accumulated"}), _not_stored)),
    Signature("divisor", "another number of steps", 2, _only(frozenset({"steps"}), _divisor)),
)
"""Signatures of single quantities."""
