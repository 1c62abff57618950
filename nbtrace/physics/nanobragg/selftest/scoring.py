"""Running the self-test: every mistake, in every configuration, on either side, and the pairs that are clean."""

import json
import math
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from importlib.resources import files

from nbtrace.compare.metrics import norm
from nbtrace.compare.scene import Node, Scene, Values, scene
from nbtrace.compare.whereabouts import whereabouts
from nbtrace.errors import InputError
from nbtrace.explanation.audit.findings import AuditStatus
from nbtrace.explanation.audit.roots import Root
from nbtrace.explanation.explain import Explanation, explain
from nbtrace.parsers import parse_trace, read_trace
from nbtrace.physics.nanobragg.facts import facts_of
from nbtrace.physics.nanobragg.selftest import inject
from nbtrace.physics.nanobragg.selftest.baselines import allclose_differs, first_differing_line
from nbtrace.physics.nanobragg.selftest.defects import DEFECTS
from nbtrace.physics.nanobragg.selftest.inject import KnownMistake
from nbtrace.progress import stage, step
from nbtrace.records import Side, Trace
from nbtrace.vocabulary.formula import UnloggedError

MATTERS = 1e-6
"""Relative change of the pixel from which on a mistake has to be found."""


@dataclass(frozen=True, slots=True)
class PairOutcome:
    """What became of one pair.

    Attributes
    ----------
    defect : str
    causes : tuple of str
        That would be right; none for a mistake that no signature describes.
    configuration : str
    side : Side
    log_only : bool
    change : float
        Relative change of the pixel.
    detected, quantity, right_side, first, in_three, right_kind : bool
        Any root; the right quantity first; on the right side; the right cause first, among the first three; told
        whether only the log has it.
    found : str
        The first root in execution order with its first cause.
    allclose, line_diff, line_diff_quantity : bool
        Whether the two simple comparisons differ, and whether the first differing line is the right quantity.
    """

    defect: str
    causes: tuple[str, ...]
    configuration: str
    side: Side
    log_only: bool
    change: float
    detected: bool
    quantity: bool
    right_side: bool
    first: bool
    in_three: bool
    right_kind: bool
    found: str
    allclose: bool
    line_diff: bool
    line_diff_quantity: bool


@dataclass(frozen=True, slots=True)
class Clean:
    """A pair without a mistake.

    Attributes
    ----------
    name, configuration : str
    alarms : tuple of str
        Roots that were found nevertheless.
    allclose, line_diff : bool
        Whether the two simple comparisons raise an alarm.
    """

    name: str
    configuration: str
    alarms: tuple[str, ...]
    allclose: bool
    line_diff: bool


@dataclass(frozen=True)
class SelfTest:
    """The self-test's result."""

    outcomes: tuple[PairOutcome, ...]
    clean: tuple[Clean, ...]


def sources() -> dict[str, str]:
    """Return the text of the logs that come with nbtrace, by configuration."""
    folder = files("nbtrace.physics.nanobragg.selftest") / "data"
    logs = sorted((item for item in folder.iterdir() if item.name.endswith(".log")), key=lambda item: item.name)
    return {item.name.removesuffix(".log"): item.read_text(encoding="utf-8") for item in logs}


def provenance() -> object:
    """Return how the logs were made."""
    return json.loads(
        (files("nbtrace.physics.nanobragg.selftest") / "data" / "provenance.json").read_text(encoding="utf-8")
    )


def single_precision(name: str) -> Trace | None:
    """Return the trace of a configuration's pixel by the simulator in single precision; None of a log of one's own."""
    log = files("nbtrace.physics.nanobragg.selftest") / "data" / "float32" / f"{name}.log"
    return parse_trace(log.read_text(encoding="utf-8"), "float32.log")[0] if log.is_file() else None


def run(
    logs: Sequence[str] = (), *, configurations: Sequence[str] = (), defects: Sequence[KnownMistake] = DEFECTS
) -> SelfTest:
    """Run the self-test.

    Parameters
    ----------
    logs : sequence of str
        Logs of the reference to inject into; those that come with nbtrace if none is given.
    configurations : sequence of str
        Of those that come with nbtrace, which ones; all by default.
    defects : sequence of KnownMistake

    Raises
    ------
    InputError
        If a log is not the reference's, or holds no pixel.
    """
    bases = dict(scenes(logs, configurations))
    with stage("mistakes made and explained", len(bases) * len(defects)):
        outcomes = [item for name, base in bases.items() for item in _outcomes(name, base, defects)]
    clean = [item for name, base in bases.items() for item in _clean(name, base)]
    return SelfTest(tuple(outcomes), tuple(clean))


def scenes(logs: Sequence[str], configurations: Sequence[str]) -> Iterator[tuple[str, Scene]]:
    """Yield the traces to inject into, by name."""
    if logs:
        for source in logs:
            yield source, _scene(read_trace(source, Side.C))
        return
    for name, text in sources().items():
        if not configurations or name.partition("__")[0] in configurations or name in configurations:
            yield name, _scene(parse_trace(text, name)[0])


def _scene(trace: Trace) -> Scene:
    known = scene(trace, Side.C, facts_of(trace, trace, None))
    if whereabouts(trace).pixel is None or Node("I_pixel_final") not in known.values:
        raise InputError(f"{trace.source} is no trace of a pixel by the reference")
    return inject.without_mistakes(known)


def _outcomes(name: str, base: Scene, defects: Sequence[KnownMistake]) -> Iterator[PairOutcome]:
    for defect in defects:
        step()
        values = made(base, defect)
        if values is not None:
            for side in (Side.C, Side.PY):
                yield _outcome(name, base, values, defect, side)


def made(base: Scene, defect: KnownMistake) -> Values | None:
    """Return the values of a trace with a mistake; None where it cannot be made, or changes nothing that is logged."""
    try:
        values = inject.injected(base, defect)
    except (UnloggedError, ZeroDivisionError, OverflowError):
        return None
    return values if _plausible(base, values, defect) else None


def _plausible(base: Scene, values: Values, defect: KnownMistake) -> bool:
    """Whether the mistake changes what is logged, and leaves numbers."""
    if not all(math.isfinite(number) for value in values.values() for number in value):
        return False
    first = [node for node in base.values if defect.at(node) and node.name == defect.quantities[0]]
    return any(_moved(base.values[node], values[node]) for node in first)


def _moved(old: tuple[float, ...], new: tuple[float, ...]) -> bool:
    return norm(tuple(x - y for x, y in zip(old, new, strict=True))) > 1e-9 * norm(old)


def pair(base: Scene, c: Values, py: Values, *, digits: int = 15) -> tuple[Trace, Trace]:
    """Return a pair of traces with these values: the reference's dialect, and a port's."""
    pixel = whereabouts(base.trace).pixel
    assert pixel is not None  # noqa: S101 - looked at when the scene was made
    stated = base.trace.pixels.get(0, pixel)
    return inject.c_trace(base, c), parse_trace(inject.py_text(base, py, stated, digits), "py.log")[0]


def _outcome(name: str, base: Scene, values: Values, defect: KnownMistake, side: Side) -> PairOutcome:
    c, py = (values, base.values) if side is Side.C else (base.values, values)
    traces = pair(base, c, py)
    result = explain(*traces)
    roots = result.roots
    hit = next((root for root in roots if set(root.quantities) & set(defect.quantities)), None)
    before, after = base.values[Node("I_pixel_final")][0], values[Node("I_pixel_final")][0]
    causes = [cause.signature.name for cause in hit.search.causes] if hit is not None else []
    line = first_differing_line(*traces)
    return PairOutcome(
        defect=defect.name,
        causes=tuple(sorted(defect.causes)),
        configuration=name,
        side=side,
        log_only=defect.log_only,
        change=abs(after / before - 1) if before else 0.0,
        detected=bool(roots),
        quantity=bool(roots) and bool(set(roots[0].quantities) & set(defect.quantities)),
        right_side=hit is not None and hit.side is side,
        first=causes[0] in defect.causes if causes else hit is not None and not defect.causes,
        in_three=bool(set(causes[:3]) & defect.causes) if defect.causes else hit is not None and not causes,
        right_kind=hit is not None and (hit.status is AuditStatus.LOG_ONLY) == defect.log_only,
        found=_words(roots[0]) if roots else "nothing",
        allclose=allclose_differs(*traces),
        line_diff=line is not None,
        line_diff_quantity=line in defect.quantities,
    )


def _words(root: Root) -> str:
    cause = f"{root.cause.signature.name}: {root.cause.text}" if root.cause is not None else "no cause"
    return f"{root.side.value} {root.node.label} {root.status.value} ({cause})"


def _clean(name: str, base: Scene) -> Iterator[Clean]:
    pairs = {
        "the same values, 15 digits": pair(base, base.values, base.values),
        "the same values, 9 digits": pair(base, base.values, base.values, digits=9),
        "the same values, 6 digits": pair(base, base.values, base.values, digits=6),
    }
    single = single_precision(name)
    if single is not None:
        pairs["float32 against float64"] = parse_trace(sources()[name], name)[0], single
    for words, traces in pairs.items():
        result: Explanation = explain(*traces)
        alarms = tuple(_words(root) for root in result.roots)
        yield Clean(words, name, alarms, allclose_differs(*traces), first_differing_line(*traces) is not None)
