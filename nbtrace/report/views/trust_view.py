"""The view of the reference held against itself."""

import shlex

from nbtrace.programs.trust import SEED, Effect, Stability, TracedNoise, TraceTrial, Trust
from nbtrace.report.next_steps import next_section
from nbtrace.report.view import Column, Command, Line, Section, Table, View, listed, number, signed, typed
from nbtrace.verdicts.status import Status
from nbtrace.vocabulary import registry

_KNOBS = (
    Column("changed"),
    Column("pixels compared", numeric=True, rank=1),
    Column("moved", numeric=True),
    Column("max Δ rel", numeric=True),
    Column("max Δ", numeric=True, rank=2),
    Column("status"),
)
_PIXELS = (
    Column("changed"),
    Column("slow", numeric=True),
    Column("fast", numeric=True),
    Column("before", numeric=True, rank=1, rounds=True),
    Column("after", numeric=True, rank=1, rounds=True),
    Column("Δ rel", numeric=True),
)
_TRACED = (
    Column("quantity"),
    Column("pixel"),
    Column("changed"),
    Column("max Δ rel", numeric=True),
    Column("max Δ", numeric=True, rank=2),
)
_SHOWN = 20


def trust_view(result: Trust, *, filed: str | None = None) -> View:
    """Return the view of a reference held against itself; `filed` is where its document is written."""
    identity = result.source.identity
    digest = identity.binary.sha256 if identity.binary is not None else None
    sections = (
        Section("What was changed, and what it moved", table=Table(_KNOBS, tuple(map(_effect_line, result.effects)))),
        _pixel_section(result),
        _trace_section(result),
        Section("Not compared", items=tuple(_untraced(result.trials))),
        *_next(result, filed),
    )
    return View(
        title="The reference against itself",
        verdict=result.verdict,
        headline=f"{result.stability.value}: {_headline(result)}",
        facts=(
            f"Reference: {identity.name}, sha256 {digest or 'not known'}",
            f"Command: {shlex.join(identity.command)}",
            f"Image: {' x '.join(map(str, result.image.shape))} pixels (slow x fast)",
            f"Probe pixel: slow {result.probe[0]} fast {result.probe[1]}",
            *([f"Seed: {' '.join(SEED)} in all runs but those that show the clock"] if result.moved_by_clock else []),
        ),
        notices=result.notices,
        sections=tuple(section for section in sections if section.says_something),
    )


def _next(result: Trust, filed: str | None) -> tuple[Section, ...]:
    """Return what is next where the reference moves: its scatter as the tolerance of a comparison."""
    binary = result.source.identity.binary
    if result.stability is Stability.STABLE or binary is None:
        return ()
    named, flags = f"--ref {typed(str(binary.path))}", result.source.line.text
    noise = typed(filed or "noise.json")
    line = f"nbtrace compare {named} --noise {noise} -- {flags}"
    if filed is None:
        line = f"nbtrace trust {named} --json {noise} -- {flags}; {line}"
    return next_section(commands=[Command(line, "does the port differ by more than that?")])


def _headline(result: Trust) -> str:
    runs, compared = len(result.effects) + 1, sum(trial.compared for trial in result.trials)
    if result.stability is Stability.STABLE:
        return f"{runs} runs give the same bits" + (f", {compared} traced values the same digits" if compared else "")
    others = [effect for effect in result.effects if not effect.knob.by_clock]
    moved = [f"{effect.knob.name} moves {_count(effect.count)}" for effect in others if effect.count]
    moved += [f"{effect.knob.name} gives no image" for effect in others if effect.failure]
    if not moved:
        knobs = dict.fromkeys(trial.knob.name for trial in result.trials if trial.moves)
        moved = [f"the image stays, but traces move with {listed(knobs)}"] if knobs else []
    if not result.moved_by_clock:
        return listed(moved, most=6)
    (clock,) = result.moved_by_clock
    what = "gives no image" if clock.failure else f"moves {_count(clock.count)}"
    rest = listed(moved, most=6) if moved else "nothing moves"
    return f"the clock seeds -misset random, and {clock.knob.name} {what}; with {' '.join(SEED)} {rest}"


def _count(count: int) -> str:
    return f"{count} pixel{'s'[: count != 1]}"


def _effect_line(effect: Effect) -> Line:
    if effect.failure:
        return Line((effect.knob.name, "–", "–", "–", "–", f"no image: {effect.failure}"), Status.MISSING)
    status = _status(effect)
    cells = (
        effect.knob.name,
        str(effect.compared),
        str(effect.count),
        _size(effect.max_relative),
        _size(effect.max_absolute),
        "same bits" if status is Status.PASS else "moves",
    )
    return Line(cells, status)


def _status(effect: Effect) -> Status:
    return Status.CRITICAL if effect.count else Status.PASS


def _size(value: float | None) -> str:
    return "–" if value is None else f"{value:.3e}"


def _pixel_section(result: Trust) -> Section:
    lines = []
    more = []
    for effect in result.effects:
        for item in effect.moved[:_SHOWN]:
            relative = signed((item.after - item.before) / abs(item.before)) if item.before else "–"
            places = (str(item.pixel[0]), str(item.pixel[1]), number(item.before), number(item.after))
            lines.append(Line((effect.knob.name, *places, relative)))
        if effect.count > _SHOWN:
            more.append(f"{effect.knob.name}: the {_SHOWN} largest of {effect.count}")
    return Section("Pixels that moved", sentences=tuple(more), table=Table(_PIXELS, tuple(lines)) if lines else None)


def _trace_section(result: Trust) -> Section:
    moved = [item for trial in result.trials for item in trial.moved]
    unlike = [f"{_where(trial)}: {listed(trial.unlike)}" for trial in result.trials if trial.unlike]
    order = {name: place for place, name in enumerate(registry.default().quantities)}
    moved.sort(key=lambda item: (order.get(item.quantity, len(order)), item.pixel))
    return Section(
        "Traced quantities that moved",
        items=tuple(f"not the same lines: {text}" for text in unlike),
        table=Table(_TRACED, tuple(map(_traced_line, moved))) if moved else None,
    )


def _traced_line(item: TracedNoise) -> Line:
    pixel = f"{item.pixel[0]} {item.pixel[1]}"
    return Line((item.quantity, pixel, item.knob.name, _size(item.relative), _size(item.absolute)))


def _untraced(trials: tuple[TraceTrial, ...]) -> list[str]:
    reasons: dict[str, list[str]] = {}
    for trial in trials:
        if trial.reason:
            reasons.setdefault(trial.reason, []).append(_where(trial))
    return [f"traces: {reason} ({listed(places, most=3)})" for reason, places in reasons.items()]


def _where(trial: TraceTrial) -> str:
    return f"pixel {trial.pixel[0]} {trial.pixel[1]}, {trial.knob.name}"
