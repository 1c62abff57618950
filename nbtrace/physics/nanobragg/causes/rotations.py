"""Causes that belong to the φ sweep: the rotation of another step, of another sweep, or both at once."""

import math
from collections.abc import Callable, Iterator, Mapping

from nbtrace.compare.metrics import dot
from nbtrace.compare.node_view import NodeView
from nbtrace.compare.scene import Vector
from nbtrace.compare.vectors import scaled
from nbtrace.explanation.causes.kinds_of_cause import Candidate, Case
from nbtrace.physics.nanobragg.formulas import crystal
from nbtrace.physics.nanobragg.formulas.geometry import about_axis
from nbtrace.physics.nanobragg.formulas.sweep_places import tic_of
from nbtrace.units import ANGSTROM

_MOST_STEPS = 400
"""Steps of a sweep that are looked at."""


def stale_rotation(case: Case) -> Iterator[Candidate]:
    """Yield the orientation of another step of the sweep."""
    turned = _turner(case)
    for tic, angle in _angles(case):
        if tic == max(tic_of(case.node), 0):
            continue
        last = " (the last step)" if tic == crystal.step_count(case.view()) - 1 else ""
        text = f"the rotation of phi_tic {tic}{last} in place of that of phi_tic {max(tic_of(case.node), 0)}"
        yield Candidate(turned(angle, None), text)


def stale_in_another_sweep(case: Case) -> Iterator[Candidate]:
    """Yield the orientation of another step of a sweep that is itself another: two mistakes of one rotation."""
    view, turned = case.view(), _turner(case)
    here, count = max(tic_of(case.node), 0), crystal.step_count(view)
    for words, angle_of in _sweeps(view).items():
        for tic in range(min(count, _MOST_STEPS)):
            if tic != here:
                last = " (the last step)" if tic == count - 1 else ""
                text = f"the rotation of phi_tic {tic}{last} in place of that of phi_tic {here}, of {words}"
                yield Candidate(turned(angle_of(tic), None), text)


def _sweeps(view: NodeView) -> Mapping[str, Callable[[int], float]]:
    """Return the angles (degrees) of other sweeps by step, with words."""
    start, end, count = view.number("phi_start_deg"), view.number("phi_end_deg"), crystal.step_count(view)
    step = (end - start) / count
    sweeps: dict[str, Callable[[int], float]] = {
        "a sweep in the opposite sense": lambda tic: -(start + tic * step),
        "a sweep from the start in the opposite sense": lambda tic: start - tic * step,
        "a sweep of the middles of the steps": lambda tic: start + (tic + 0.5) * step,
        "a sweep one step further": lambda tic: start + (tic + 1) * step,
        "a sweep without its start angle": lambda tic: tic * step,
        "a sweep of degrees taken for radians": lambda tic: math.degrees(start + tic * step),
        "a sweep of twice the angles": lambda tic: 2 * (start + tic * step),
    }
    if count > 1:
        sweeps["a sweep that includes the end point"] = lambda tic: start + tic * (end - start) / (count - 1)
    return sweeps


def other_rotation(case: Case) -> Iterator[Candidate]:
    """Yield the orientation by another angle or axis."""
    turned = _turner(case)
    view = case.view()
    tic = max(tic_of(case.node), 0)
    angle = crystal.labelled_deg(view, tic)
    start, end, count = view.number("phi_start_deg"), view.number("phi_end_deg"), crystal.step_count(view)
    step = (end - start) / count
    others = {
        "no spindle rotation": 0.0,
        "the rotation in the opposite sense": -angle,
        "the middle of the step": angle + step / 2,
        "one step too far": angle + step,
        "one step behind": angle - step,
        "degrees taken for radians": math.degrees(angle),
        "radians taken for degrees": math.radians(angle),
        "the start angle left out": angle - start,
        "twice the angle": 2 * angle,
    }
    if count > 1:
        others["steps that include the end point"] = start + tic * (end - start) / (count - 1)
    for words, other in others.items():
        yield Candidate(turned(other, None), words)
    for name, axis in (("x", (1.0, 0.0, 0.0)), ("y", (0.0, 1.0, 0.0)), ("z", (0.0, 0.0, 1.0))):
        for sign, letter in ((1.0, ""), (-1.0, "−")):
            yield Candidate(turned(angle, scaled(axis, sign)), f"rotation about {letter}{name}")


def _angles(case: Case) -> list[tuple[int, float]]:
    view = case.view()
    return [(tic, crystal.nominal_deg(view, tic)) for tic in range(min(crystal.step_count(view), _MOST_STEPS))]


def _turner(case: Case) -> Callable[[float, Vector | None], Vector]:
    """Return what a cell vector or index is at a spindle angle (degrees), and about another axis if one is given."""
    view, name = case.view(), case.name
    index = not name.startswith("rot_")
    letter = "abc"["hkl".index(name[4])] if index else name[4]
    own = crystal.spindle(view)
    base = crystal.swept_base(view, letter) if index else crystal.base_cell(view, letter)
    scattering = view["scattering_vec_A_inv"] if index else ()

    def turned(angle_deg: float, axis: Vector | None) -> Vector:
        vector = about_axis(base, axis or own, math.radians(angle_deg)) if angle_deg else base
        return (dot(vector, scattering) * ANGSTROM,) if index else vector

    return turned


def rotated_log(case: Case) -> Iterator[Candidate]:
    """Yield reciprocal vectors rotated to a step: some programs print them so."""
    view = case.view()
    for tic, angle in _angles(case):
        if angle:
            turned = about_axis(case.right, crystal.spindle(view), math.radians(angle))
            yield Candidate(turned, f"printed after the rotation of phi_tic {tic}, not before")


def other_label(case: Case) -> Iterator[Candidate]:
    """Yield other labels of a step."""
    view = case.view()
    start, end, count = view.number("phi_start_deg"), view.number("phi_end_deg"), crystal.step_count(view)
    if count > 1:
        yield Candidate((start + tic_of(case.node) * (end - start) / (count - 1),), "labels that include the end point")
    yield Candidate((start + (tic_of(case.node) + 1) * (end - start) / count,), "one step too far")
    yield Candidate((start + (tic_of(case.node) + 0.5) * (end - start) / count,), "the middle of the step")
    yield Candidate((case.right[0] - start,), "the start angle left out")
