"""The search for the run that has an image: one change of the configuration, then two, then numbers solved for.

Every change is tried on the telling pixels alone; the best run is then held against the whole image, or as much of it
as there is time for.
"""

import math
from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass, replace

import numpy as np

from nbtrace.errors import NbtraceError
from nbtrace.explanation.images.image_simulator import Doubles, ImageSimulator, Places
from nbtrace.explanation.images.reproduced import (
    MOST_TELLING,
    Fit,
    ImageReproduction,
    Target,
    common_factor,
    common_line,
    fit_of,
)
from nbtrace.explanation.images.solving import (
    Made,
    Solution,
    Unknown,
    best_of_grid,
    likelihood,
    rounded,
    solved,
)
from nbtrace.explanation.images.telling_runs import TellingRuns
from nbtrace.explanation.simulations.run import Change, Config

_SLOPES, _COUNTS, _PAIRS, _GRIDS = 0.3, 0.45, 0.65, 0.9
"""Shares of that time up to which numbers are solved from slopes, counts tried, and two changes made."""
_DEEPENED = 3
_ENOUGH = 0.9
"""Share of telling pixels from which on a common factor is believed, if all others agree on it too."""
_PRECISE = 5e-7
"""Typical difference up to which an image of single precision is reproduced for good."""
_LIKELY = 0.5
"""Share of the difference that the slope of a number must explain before it is solved for."""


@dataclass(frozen=True)
class _Tried:
    changes: tuple[Change, ...]
    fit: Fit
    values: Doubles


def best_run(
    target: Target, runs: TellingRuns, options: Sequence[Change], unknowns: Sequence[Unknown], *, deep: bool = True
) -> ImageReproduction | None:
    """Return the run that has most of an image; None if none could be made.

    Parameters
    ----------
    target : Target
        Its telling pixels.
    runs : TellingRuns
    options : sequence of Change
        Single changes.
    unknowns : sequence of Unknown
        Numbers of the configuration that may be solved for.
    deep : bool
        Whether more is tried than single changes and other modes.
    """
    runs.begin()
    base = _tried(target, runs, ())
    if base is None:
        return None
    level, best = [base], base
    if not _has(base):
        sets = [*((change,) for change in options), *_modes(runs, options)]
        level += [found for chosen in sets if chosen and (found := _tried(target, runs, chosen)) is not None]
        best = _pruned(target, runs, _best(level))
    for share, stage in _STAGES if deep else ():
        if best.fit.held >= MOST_TELLING:
            break
        runs.allow(share)
        further = stage(_Search(target, runs, options, unknowns, base, level, best))
        level += further
        best = _best([best, *further])
    runs.allow(math.inf)
    best = _pruned(target, runs, best)
    return ImageReproduction(
        changes=best.changes,
        as_well=tuple(_twins(level, best)),
        factor=best.fit.factor,
        offset=best.fit.offset,
        named="",
        few=best.fit,
        telling=target.values.size,
        configured=base.fit,
    )


def _modes(runs: TellingRuns, options: Sequence[Change]) -> list[tuple[Change, ...]]:
    """Return the sets of switches that make another mode, in the words of the single changes."""
    own = {change.name: change for change in options}
    sets = runs.experiments.modes(runs.config).values()
    return [tuple(own.get(change.name, change) for change in chosen) for chosen in sets if chosen]


def _has(item: "_Tried") -> bool:
    """Whether a run has an image to its precision, so that no other one is looked for."""
    return item.fit.held >= MOST_TELLING and item.fit.typical <= _PRECISE


def _best(items: Iterable["_Tried"]) -> "_Tried":
    return max(items, key=lambda item: (item.fit.rank, -len(item.changes)))


def _twins(level: Iterable["_Tried"], best: "_Tried") -> Iterator[Change]:
    """Yield other single changes that do the same."""
    for item in level:
        if len(item.changes) == len(best.changes) == 1 and item.changes != best.changes and _same(item, best):
            yield item.changes[0]


def _pruned(target: Target, runs: TellingRuns, best: "_Tried") -> "_Tried":
    """Return a run without the changes that change nothing."""
    for change in best.changes if len(best.changes) > 1 else ():
        fewer = tuple(other for other in best.changes if other != change)
        found = _tried(target, runs, fewer)
        if found is not None and _same(found, best):
            best = found
    return best


def _tried(target: Target, runs: TellingRuns, chosen: tuple[Change, ...]) -> _Tried | None:
    made = runs.of(chosen)
    if made is None:
        return None
    fit = fit_of(target, made)
    line = common_line(target, made) if target.whole and fit.held < MOST_TELLING else None
    if line is not None:
        lined = fit_of(target, made, *line)
        if lined.held >= max(_ENOUGH, fit.held + 0.2):
            return _Tried(chosen, lined, made)
    if fit.held < MOST_TELLING:
        factor = common_factor(target, made)
        if factor is not None and abs(factor - 1) > 1e-5:
            scaled = fit_of(target, made, factor)
            if scaled.held >= max(_ENOUGH, fit.held + 0.2):
                fit = scaled
    return _Tried(chosen, fit, made)


def _same(one: _Tried, other: _Tried) -> bool:
    return bool(np.allclose(one.values, other.values, rtol=1e-9, atol=0.0))


@dataclass(frozen=True)
class _Search:
    """Where a search stands."""

    target: Target
    runs: TellingRuns
    options: Sequence[Change]
    unknowns: Sequence[Unknown]
    base: _Tried
    level: Sequence[_Tried]
    best: _Tried

    def made(self, start: _Tried) -> Made:
        """Return what makes runs on top of another one."""
        return lambda changes: self.runs.of((*start.changes, *changes))

    def with_number(self, start: _Tried, change: Solution | None) -> list[_Tried]:
        """Return the run with a number that was solved for, of fewer digits where that does as well."""
        if change is None:
            return []
        share, self.runs.share = self.runs.share, math.inf
        change = rounded(self.target, change, self.made(start))
        found = _tried(self.target, self.runs, (*start.changes, change.change))
        self.runs.share = share
        return [] if found is None else [found]


def _of_slopes(search: _Search) -> list[_Tried]:
    """Return runs with one number solved for, the likeliest first, from the run as configured."""
    return _on_top(search, search.base)


def _on_top(search: _Search, start: _Tried) -> list[_Tried]:
    made = search.made(start)
    chances = [(likelihood(search.target, unknown, made), i) for i, unknown in enumerate(search.unknowns)]
    found: list[_Tried] = []
    for chance, i in sorted(chances, key=lambda item: -item[0]):
        if chance < _LIKELY:
            break
        change = solved(search.target, search.unknowns[i], made)
        found += search.with_number(start, change)
        if found and _has(found[-1]):
            break
    return found


def _of_counts(search: _Search) -> list[_Tried]:
    """Return runs with another count: every one is tried."""
    found: list[_Tried] = []
    for unknown in search.unknowns:
        if unknown.whole:
            made = search.made(search.base)
            value, _ = best_of_grid(search.target, unknown, made)
            found += search.with_number(search.base, solved(search.target, unknown, made, begin=value))
    return found


def _of_pairs(search: _Search) -> list[_Tried]:
    """Return runs of two changes, on top of the best ones, and of three on top of the best two."""
    ranked = sorted((item for item in search.level if item.changes), key=lambda item: item.fit.rank, reverse=True)
    sets = [*((change,) for change in search.options), *_modes(search.runs, search.options)]
    found: list[_Tried] = []
    for turn in range(_DEEPENED + 1):
        first = ranked[turn] if turn < min(_DEEPENED, len(ranked)) else _best([*found, search.best])
        taken = {change.name for change in first.changes}
        for chosen in sets:
            if taken.intersection(change.name for change in chosen):
                continue
            tried = _tried(search.target, search.runs, (*first.changes, *chosen))
            found += [] if tried is None else [tried]
            if tried is not None and _has(tried):
                return found
    return found


def _of_grids(search: _Search) -> list[_Tried]:
    """Return runs with one number solved for from the best of a grid, and with one more than the best run has."""
    found = _on_top(search, search.best) if search.best.changes else []
    if found and _has(found[-1]):
        return found
    made = search.made(search.base)
    starts = [(best_of_grid(search.target, unknown, made), unknown) for unknown in search.unknowns if not unknown.whole]
    search.runs.allow(1.0)
    for (value, _), unknown in sorted(starts, key=lambda item: item[0][1]):
        found += search.with_number(search.base, solved(search.target, unknown, made, begin=value))
        if found and _has(found[-1]):
            break
    return found


_STAGES: tuple[tuple[float, Callable[[_Search], list[_Tried]]], ...] = (
    (_SLOPES, _of_slopes),
    (_COUNTS, _of_counts),
    (_PAIRS, _of_pairs),
    (_GRIDS, _of_grids),
)
"""What is tried after single changes, each with the share of the time at which it ends."""


def verified(
    reproduction: ImageReproduction,
    target: Target,
    simulator: ImageSimulator,
    config: Config,
    places: Places,
    *,
    all_: bool,
) -> ImageReproduction:
    """Return a reproduction held against more of the image.

    Parameters
    ----------
    reproduction : ImageReproduction
    target : Target
        The values of the image at `places`.
    simulator : ImageSimulator
    config : Config
        With the changes.
    places : ndarray
    all_ : bool
        Whether these are all pixels that count.
    """
    try:
        made = simulator.values(config, places)
    except NbtraceError:
        return reproduction
    fit = fit_of(target, made, reproduction.factor, reproduction.offset)
    return replace(
        reproduction,
        whole=fit,
        correlation=_correlation(target.values, made),
        pixels=places.size,
        all=all_,
        off=round((1 - fit.held) * places.size),
    )


def _correlation(x: Doubles, y: Doubles) -> float | None:
    u, v = x - x.mean(), y - y.mean()
    size = math.sqrt(float(u @ u) * float(v @ v))
    return float(u @ v) / size if size > 0 else None
