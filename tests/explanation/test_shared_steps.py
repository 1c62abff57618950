"""A step that repeats the same other one in both sweeps makes no difference, whoever its root is of."""

from collections.abc import Iterable
from dataclasses import replace

import pytest

import nbtrace
from nbtrace.compare.repeats import Repeat, Steps, phi_steps, repeats
from nbtrace.compare.scene import scene
from nbtrace.explanation.audit import roots
from nbtrace.explanation.audit.audit import audit
from nbtrace.explanation.causes.search import Trait
from nbtrace.explanation.physics import physics_of
from nbtrace.records import Side
from tests.places import SUPERVISOR_PAIR


def test_the_step_is_no_cause(monkeypatch: pytest.MonkeyPatch) -> None:
    c, py = (nbtrace.read_trace(SUPERVISOR_PAIR / name) for name in ("c.log", "py.log"))
    facts = physics_of(c.vocabulary).facts
    result = audit(scene(c, Side.C, facts(c, py, None)), scene(py, Side.PY, facts(py, c, None)))
    found = roots.roots(result)
    assert Trait.REPEATS_A_TURN in _traits(found)
    repeated = repeats(phi_steps(c), Side.C)

    def by_both(_steps: Steps, _side: Side) -> tuple[Repeat, ...]:
        return repeated

    monkeypatch.setattr(roots, "repeats", by_both)
    of_nobody = [replace(root, side=Side.UNKNOWN) for root in found]
    for candidates in (found, of_nobody):
        assert Trait.REPEATS_A_TURN not in _traits(roots._without_shared_steps(result, candidates))


def _traits(found: Iterable[roots.Root]) -> set[Trait]:
    return {trait for root in found if root.cause is not None for trait in root.cause.signature.traits}
