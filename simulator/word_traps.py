"""Traps in the words of a command line: what the reference takes them for, and which of them count."""

from collections.abc import Iterator, Mapping, Sequence

from simulator.arguments import CommandLine, examine
from simulator.config import CrystalConfig
from simulator.defects import Defect
from simulator.errors import SimulatorError
from simulator.flags import Special
from simulator.idle_flags import changes_nothing_else
from simulator.matching import Act
from simulator.traps import Trap, listed, no_effect, other_effect


def word_traps(words: Sequence[str], command: CommandLine) -> Iterator[Trap]:
    """Yield the traps of the words themselves."""
    yield from _read_as_another(command.acts)
    yield from _overridden(words, command)
    yield from _short_cells(command.acts)
    yield from _without_effect(command.acts)
    yield from _misset_of_upstream(words, command)


def _read_as_another(acts: Sequence[Act]) -> Iterator[Trap]:
    """Yield the words that are no flags of the reference, which finds flags in them all the same."""
    for place, act in enumerate(acts):
        if not act.meant or act.spelt:
            continue
        read = " ".join((act.flag.token, *act.values))
        before = [other.text for other in acts[:place] if other.spelt and _makes_void(act, other)]
        void = f"; {before[-1]} before it does not count" if before else ""
        yield other_effect(
            f"{act.argument} is no flag of the reference, which finds {act.flag.token} in it and takes it as "
            f"{read}{void}"
        )


def _makes_void(act: Act, other: Act) -> bool:
    own, new = _own_fields(other), _all_fields(act)
    return bool(own) and own.keys() <= new.keys() and all(new[field] != value for field, value in own.items())


def _overridden(words: Sequence[str], command: CommandLine) -> Iterator[Trap]:
    """Yield the flags that others after them make void, by setting the same fields to other values."""
    acts = command.acts
    for place, act in enumerate(acts):
        own = _own_fields(act)
        if not act.meant or not own or act.flag.special is Special.HEADER:
            continue
        later = [other for other in acts[place + 1 :] if own.keys() & _all_fields(other).keys()]
        final: dict[str, object] = {}
        for other in later:
            final.update(_all_fields(other))
        void = own.keys() <= final.keys() and all(final[field] != value for field, value in own.items())
        # Of a word that is taken for a flag, or for two, this is said elsewhere.
        if void and later[-1].meant and later[-1].spelt and changes_nothing_else(words, act, command):
            yield no_effect(f"{act.text} has no effect: {later[-1].text} after it counts")


def _own_fields(act: Act) -> Mapping[str, object]:
    """Return the fields that a flag is there to set."""
    if act.flag.count or act.flag.special is not None:
        return act.settings
    fixed = act.flag.fixed
    return {field: value for field, value in fixed.items() if field != "detector.pivot"}


def _all_fields(act: Act) -> Mapping[str, object]:
    return {**act.flag.fixed, **act.settings}


def _short_cells(acts: Sequence[Act]) -> Iterator[Trap]:
    for act in acts:
        if act.flag.special is Special.CELL and len(act.values) in {2, 4, 5} and act.meant:
            lengths = [*act.values[:3], act.values[0]][:3]
            angles = [*act.values[3:], "90", "90", "90"][:3]
            yield other_effect(
                f"{act.text} lacks values: the cell is {' '.join(lengths)} Å, {' '.join(angles)} degrees"
            )


def _without_effect(acts: Sequence[Act]) -> Iterator[Trap]:
    for act in acts:
        if not act.meant:
            continue
        if act.flag.inert:
            yield no_effect(f"{act.argument} has no effect on the image")
        elif act.flag.sets == ("detector.pix0_vector",):
            yield other_effect(
                f"{act.argument} only selects the custom convention; the position follows from beam centre and distance"
            )
        elif act.flag.sets == ("structure.dump_file",):
            yield no_effect(f"{act.argument} is ignored by the instrumented fork, which always uses Fdump.bin")


def _misset_of_upstream(words: Sequence[str], command: CommandLine) -> Iterator[Trap]:
    """Yield the words that the upstream program takes for -misset and the fork does not."""
    defects = command.config.execution.defects | {Defect.MISSET_SEED_AS_MISSET}
    try:
        upstream = examine(words, mode=",".join(sorted(defect.value for defect in defects)))
    except SimulatorError:
        return
    if _orientation(upstream.config.crystal) == _orientation(command.config.crystal):
        return
    taken = [act for act in upstream.acts if act.flag.special is Special.MISSET and act.argument != "-misset"]
    if taken:
        names = listed(list(dict.fromkeys(act.argument for act in taken)))
        read = " ".join(("-misset", *taken[-1].values))
        yield other_effect(f"{names} is read by the upstream program as {read} too; give -misset after it")


def _orientation(crystal: CrystalConfig) -> tuple[object, ...]:
    return crystal.misset_random, crystal.misset_deg


def order_of_vectors(acts: Sequence[Act]) -> Iterator[Trap]:
    """Yield what comes of vectors beside a named convention: whichever stands last, the others do not count."""
    named = [act for act in acts if act.meant and "detector.convention" in act.flag.fixed and not act.flag.count]
    vectors = [act for act in acts if act.meant and "detector.convention" in act.flag.fixed and act.flag.count]
    if not named or not vectors:
        return
    convention, vector = named[-1], vectors[-1]
    if vector.index > convention.index:
        yield other_effect(
            f"{vector.argument} after {convention.argument}: the other vectors are those of the custom convention"
        )
    else:
        names = listed(list(dict.fromkeys(act.argument for act in vectors)))
        have = "has" if len(vectors) == 1 else "have"
        yield no_effect(
            f"{names} {have} no effect: {convention.argument} after {'it' if len(vectors) == 1 else 'them'} "
            "overrules all given vectors"
        )
