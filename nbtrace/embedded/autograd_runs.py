"""The embedded simulator's derivatives: told by autograd, or by its values. Importing this imports torch."""

import math
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from functools import cached_property

import torch
from torch import Tensor

from nbtrace.differentiation.derivative import Derivative, DerivativeKind, GradientParameter
from nbtrace.differentiation.finite_differences import Evaluated, OutOfRangeError
from nbtrace.embedded.choice import Choice, simulator_errors
from nbtrace.embedded.embedded_source import NAME, EmbeddedSource
from nbtrace.embedded.run_files import RunFiles
from nbtrace.images.roi import Roi
from nbtrace.physics.nanobragg.gradient_parameters import TABLE, entry_of, parameters_in, understood, words_at
from nbtrace.physics.nanobragg.reflection_parameters import reflection_of
from nbtrace.programs.command import FlagLine
from simulator.build import build_model
from simulator.config import Config
from simulator.errors import SimulatorError
from simulator.model import Model
from simulator.observe import Observable, Observer, resolve, silent
from simulator.parameters import Parameter
from simulator.run import selected_values
from simulator.vectors import Vector

SAMPLES_AT_ONCE = 300_000
"""Samples of pixels whose graph is kept in memory at once: some 200 MB."""

_ROUNDINGS = 64.0
"""Units of rounding that a derivative by autograd is allowed: those of a chain of some hundred steps."""

_LISTED = 3


@dataclass(frozen=True)
class EmbeddedRegion:
    """The embedded simulator on a region of pixels: the sum of their values, of any flags.

    Attributes
    ----------
    line : FlagLine
    choice : Choice
        Mode, device and precision over those of the flags.
    region : Roi
    threads : int
        Threads of the reference whose memory of earlier pixels is reproduced.
    """

    line: FlagLine
    choice: Choice
    region: Roi
    threads: int = 1
    fractions: bool = True

    @cached_property
    def config(self) -> Config:
        """The configuration that runs."""
        return EmbeddedSource(self.line, self.choice, self.threads).config

    @property
    def name(self) -> str:
        """What it is, for people."""
        execution = self.config.execution
        return f"{NAME}, mode {execution.mode}, {execution.dtype} on {execution.device}"

    @cached_property
    def _files(self) -> RunFiles:
        return RunFiles()

    def base(self) -> Evaluated:
        """Return the value as configured.

        Raises
        ------
        UsageError, InputError, ProgramError
            If the run cannot be made.
        """
        with simulator_errors(), torch.no_grad():
            return self._summed(build_model(self.config, self._files.inputs(self.config)))

    def value(self, parameter: GradientParameter, at: float) -> Evaluated:
        """Return the value where a parameter is `at`."""
        with torch.no_grad():
            return self._summed(self._model_at(parameter, at))

    def _model_at(self, parameter: GradientParameter, at: float) -> Model:
        """Return the model with another value of a parameter; of cells there may be a fraction.

        Raises
        ------
        OutOfRangeError
            If no flags say it.
        """
        if parameter.whole:
            model = build_model(self.config, self._files.inputs(self.config))
            return _with_cells(model, {parameter.name: torch.tensor(at, dtype=torch.float64)})
        if reflection_of(parameter.name) is not None:
            number = torch.tensor(at, dtype=torch.float64)
            config = self._executed(self.config)
            return build_model(config, self._files.inputs(config), self._structure_factors({parameter.name: number}))
        words = words_at(self.line.words, parameter, at)
        if words is None:
            raise OutOfRangeError
        try:
            config = self._executed(understood(words).config)
            return build_model(config, self._files.inputs(config))
        except SimulatorError:
            raise OutOfRangeError from None

    def _executed(self, config: Config) -> Config:
        """Return a configuration in double precision, else computed as this one is."""
        execution = self.config.execution.model_copy(update={"dtype": "float64"})
        return config.model_copy(update={"execution": execution})

    def _summed(self, model: Model) -> Evaluated:
        values = self._values(model, self._pixels(model), silent)
        total = math.fsum(values.detach().cpu().tolist())
        return Evaluated(total, torch.finfo(model.dtype).eps * float(values.detach().abs().sum()))

    def _values(self, model: Model, pixels: Tensor, observe: Observer) -> Tensor:
        inputs = self._files.inputs(model.config)
        return selected_values(model, self._files.visited(model.config, inputs.mask), pixels, observe)

    def _pixels(self, model: Model) -> Tensor:
        """Return the pixels of the region that the run visits, as flat indices."""
        visited = self._files.visited(model.config, self._files.inputs(model.config).mask)
        fast = model.config.shape_slow_fast[1]
        slow, column = visited // fast, visited % fast
        inside = (slow >= self.region.slow_first) & (slow <= self.region.slow_last)
        inside &= (column >= self.region.fast_first) & (column <= self.region.fast_last)
        return visited[inside]

    def gradient(self, parameters: Sequence[GradientParameter]) -> tuple[Evaluated, Mapping[str, Derivative]]:
        """Return the value, and its derivatives by autograd.

        Raises
        ------
        UsageError, InputError, ProgramError
            If the run cannot be made.
        """
        leaves = {
            item.name: torch.tensor(item.value, dtype=torch.float64, requires_grad=True)
            for item in parameters
            if not item.undefined
        }
        cells = {name: leaf for name, leaf in leaves.items() if not entry_of(name).tensor}
        with simulator_errors(), torch.enable_grad():
            model = build_model(self.config, self._files.inputs(self.config), self._tensors(leaves))
            model = _with_cells(model, cells)
            total, slopes = 0.0, dict.fromkeys(leaves, 0.0)
            linked = set[str]()
            for part in self._parts(model):
                values = self._values(model, part, silent).sum()
                total += float(values.detach())
                found = (
                    torch.autograd.grad(values, list(leaves.values()), retain_graph=True, allow_unused=True)
                    if values.requires_grad
                    else [None] * len(leaves)
                )
                for name, slope in zip(leaves, found, strict=True):
                    if slope is not None:
                        linked.add(name)
                        slopes[name] += float(slope)
        unit = _ROUNDINGS * torch.finfo(model.dtype).eps
        derivatives = {
            name: Derivative(DerivativeKind.AUTOGRAD, slope, unit * abs(slope))
            if name in linked
            else Derivative(DerivativeKind.DETACHED, reason="no graph leads to it")
            for name, slope in slopes.items()
        }
        return Evaluated(total, unit * abs(total)), derivatives

    def _tensors(self, leaves: Mapping[str, Tensor]) -> dict[Parameter, Tensor]:
        """Return what takes the place of configured numbers: the leaves, beside those that share a tensor with them."""
        needed: dict[str, list[str]] = {}
        for name, entry in TABLE.items():
            if entry.tensor:
                needed.setdefault(entry.tensor, []).append(name)
        tensors = {}
        for path, names in needed.items():
            if not leaves.keys() & names:
                continue
            fixed, _ = parameters_in(self.config, names)
            numbers = [leaves.get(item.name, torch.tensor(item.value, dtype=torch.float64)) for item in fixed]
            tensors[Parameter(path)] = numbers[0] if TABLE[names[0]].place is None else torch.stack(numbers)
        return {**tensors, **self._structure_factors(leaves)}

    def _structure_factors(self, numbers: Mapping[str, Tensor]) -> dict[Parameter, Tensor]:
        """Return the table of structure factors with numbers in place of those of some reflections, if any is named."""
        reflections = {name: found for name in numbers if (found := reflection_of(name)) is not None}
        table = self._files.inputs(self.config).reflections
        if not reflections or table is None:
            return {}
        values = torch.from_numpy(table.values)
        low = torch.tensor(table.limits[::2])
        for name, reflection in reflections.items():
            place = (torch.tensor(reflection) - low).unbind()
            values = values.index_put(place, numbers[name])
        return {Parameter.STRUCTURE_FACTORS: values}

    def _parts(self, model: Model) -> Iterator[Tensor]:
        """Yield the pixels in portions whose graphs fit in memory."""
        samples = max(model.steps * model.layers.count, 1)
        yield from torch.split(self._pixels(model), max(SAMPLES_AT_ONCE // samples, 1))

    def break_near(self, parameter: GradientParameter, low: float, high: float) -> str:
        """Return what changes by whole steps between two values of a parameter; empty where nothing does."""
        try:
            with torch.no_grad():
                before, after = (self._counts(self._model_at(parameter, at)) for at in (low, high))
        except OutOfRangeError:
            return "what the flags may say ends"
        for what in before.numbers:
            if before.numbers[what] != after.numbers[what]:
                return f"{what} changes from {before.numbers[what]} to {after.numbers[what]}"
        return _moved_reflections(before.nearest, after.nearest)

    def _counts(self, model: Model) -> "_Counts":
        nearest: list[Tensor] = []

        def note(name: str, value: Observable) -> None:
            if name == "sample.hkl_rounded":
                found = resolve(value)
                if isinstance(found, Vector):
                    nearest.append(torch.stack(list(found)))

        self._values(model, self._pixels(model), note)
        numbers = {
            "the number of subpixels, which the flags leave to the program,": model.oversample,
            "the number of cells": model.crystal.N,
        }
        return _Counts(numbers, torch.cat(nearest, dim=1) if nearest else torch.zeros(3, 0))


@dataclass(frozen=True, eq=False)
class _Counts:
    """What a run counts: whole numbers, and the nearest reflection of each sample, (3, samples)."""

    numbers: Mapping[str, object]
    nearest: Tensor


def _moved_reflections(before: Tensor, after: Tensor) -> str:
    if before.shape != after.shape:
        return ""
    moved = (before != after).any(dim=0)
    count = int(moved.sum())
    if not count:
        return ""
    place = int(moved.to(torch.int8).argmax())
    old, new = (" ".join(str(int(index)) for index in hkl[:, place]) for hkl in (before, after))
    more = f", and that of {count - 1} more samples" if count > 1 else ""
    return f"the nearest reflection changes from {old} to {new}{more}"


def _with_cells(model: Model, cells: Mapping[str, Tensor]) -> Model:
    """Return a model with tensors in place of some numbers of cells along a, b, c."""
    if not cells:
        return model
    numbers = tuple(cells.get(f"N{axis}", count) for axis, count in zip("abc", model.crystal.N, strict=True))
    return replace(model, crystal=replace(model.crystal, N=numbers))  # type: ignore[arg-type]
