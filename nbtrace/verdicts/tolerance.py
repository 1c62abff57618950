"""Tolerances: which difference of a quantity still counts as agreement, and who said so."""

import math
import os
from collections.abc import Mapping
from dataclasses import field, replace
from pathlib import Path

from nbtrace.documents import read_toml, table_of
from nbtrace.errors import UsageError
from nbtrace.frozen import frozen
from nbtrace.plain_text import shortened
from nbtrace.verdicts.status import ABSOLUTE_DIVERGENT, ABSOLUTE_MINOR, DIVERGENT_BELOW, MINOR_BELOW
from nbtrace.vocabulary import registry
from nbtrace.vocabulary.chosen import KEY, NAMES, PROJECT, SECTION
from nbtrace.vocabulary.quantity import Basis
from nbtrace.vocabulary.vocabulary import Vocabulary

DEFAULT_RELATIVE = 1e-6
"""Relative tolerance of every quantity that has no other."""

DEFAULT_ABSOLUTE = 5e-4
"""Absolute tolerance of fractional Miller indices."""


_BASES = {"": Basis.RELATIVE, "rel": Basis.RELATIVE, "abs": Basis.ABSOLUTE}
"""By the word before the number of an option."""


@frozen
class Tolerance:
    """An allowed difference.

    Attributes
    ----------
    value : float
        The tolerance; relative to the norm of C's value or absolute in the record unit, as `basis` says.
    basis : Basis
    origin : str
        Where it comes from: `default`, a file, an option.
    overridden : bool
        Whether it is anything but the default of that quantity.
    by_option : bool
        Whether it was given for this command alone, not in a file that may serve many.
    """

    value: float
    basis: Basis
    origin: str = "default"
    overridden: bool = False
    by_option: bool = False

    def allowed(self, norm: float) -> float:
        """Return the allowed absolute difference for a C value of this norm."""
        return self.value * norm if self.basis is Basis.RELATIVE else self.value

    @property
    def bands(self) -> tuple[float, float]:
        """From which size on a difference is DIVERGENT, and CRITICAL: relative or absolute, as the basis says."""
        if self.basis is Basis.RELATIVE:
            return MINOR_BELOW, DIVERGENT_BELOW
        return self.value * ABSOLUTE_MINOR, self.value * ABSOLUTE_DIVERGENT

    def __str__(self) -> str:
        return f"{self.value:g} {self.basis.value}"


@frozen
class Policy:
    """Tolerances of all quantities.

    Attributes
    ----------
    relative : Tolerance
        For every quantity whose basis is relative.
    overrides : mapping of str to Tolerance
        Tolerances of single quantities.
    vocabulary : Vocabulary
        Whose quantities they are.
    """

    relative: Tolerance = Tolerance(DEFAULT_RELATIVE, Basis.RELATIVE)
    overrides: Mapping[str, Tolerance] = field(default_factory=dict)
    vocabulary: Vocabulary = field(default_factory=registry.default)

    def __repr__(self) -> str:
        own = f"{len(self.overrides)} of single quantities"
        return shortened(f"<Policy: {self.relative}, {own}; vocabulary {self.vocabulary.name}>")

    def of(self, quantity: str) -> Tolerance:
        """Return the tolerance of a quantity."""
        if quantity in self.overrides:
            return self.overrides[quantity]
        known = self.vocabulary.quantities.get(quantity)
        if known is not None and known.tolerance is not None:
            return Tolerance(known.tolerance, known.basis, self.vocabulary.name)
        if known is not None and known.basis is Basis.ABSOLUTE:
            return Tolerance(DEFAULT_ABSOLUTE, Basis.ABSOLUTE)
        return self.relative

    def updated(self, settings: "PolicySettings", origin: str, *, by_option: bool = False) -> "Policy":
        """Return this policy with the given settings on top, marked with their origin."""
        relative = self.relative
        if settings.relative is not None:
            changed = settings.relative != DEFAULT_RELATIVE
            relative = Tolerance(settings.relative, Basis.RELATIVE, origin, overridden=changed, by_option=by_option)
        overrides = {}
        for key, limit in settings.quantities.items():
            known = self.vocabulary.meaning(key)
            overrides[known.quantity] = replace(limit.tolerance(origin, scale=known.scale), by_option=by_option)
        return Policy(relative, {**self.overrides, **overrides}, self.vocabulary)


@frozen
class Limit:
    """The tolerance of one quantity, relative or absolute in the unit of its key."""

    value: float
    basis: Basis

    def tolerance(self, origin: str, *, scale: float = 1.0) -> Tolerance:
        """Return it as a tolerance; `scale` takes an absolute one from the unit of its key to the record unit."""
        value = self.value if self.basis is Basis.RELATIVE else self.value * scale
        return Tolerance(value, self.basis, origin, overridden=True)


@frozen
class PolicySettings:
    """What a policy file or an option sets: the relative tolerance of all, and those of single quantities by key."""

    relative: float | None = None
    quantities: Mapping[str, Limit] = field(default_factory=dict)


def read_policy(path: Path) -> PolicySettings:
    """Return the settings of a policy file, or of `[tool.nbtrace]` if it is a pyproject.toml.

    Raises
    ------
    InputError
        If the file cannot be read.
    UsageError
        If it is no TOML or holds settings that nbtrace does not know.
    """
    document = read_toml(path)
    known, read = {"tolerance"}, "[tolerance]"
    if path.name == PROJECT:
        document = table_of(document, SECTION, path)
        known, read = {"tolerance", KEY, NAMES}, f"[tolerance], {KEY} and {NAMES}"
    unknown = sorted(set(document) - known)
    if unknown:
        raise UsageError(f"{path}: {unknown[0]!r} is no section that nbtrace knows; it reads {read}")
    table = table_of(document, "tolerance", path)
    if not table:
        return PolicySettings()
    from nbtrace.verdicts.policy_table import settings_of  # noqa: PLC0415 - pydantic, which only such a table needs

    return settings_of(table, path)


def parse_option(text: str) -> PolicySettings:
    """Return the settings of one `--tolerance` option: `1e-5`, `F_cell=1e-4` or `hkl_frac=abs:1e-3`.

    Raises
    ------
    UsageError
        If it is none of these forms.
    """
    name, equals, value = text.rpartition("=")
    basis, colon, number = value.rpartition(":")
    if (equals and not name.strip()) or (colon and (basis not in {"abs", "rel"} or not equals)):
        raise UsageError(f"--tolerance {text!r}: give a number ≥ 0, NAME=number or NAME=abs:number")
    limit = tolerance_number(number, text)
    if not equals:
        return PolicySettings(relative=limit)
    return PolicySettings(quantities={name.strip(): Limit(limit, _BASES[basis])})


def tolerance_number(number: str, option: str) -> float:
    """Return the number of a `--tolerance` option.

    Raises
    ------
    UsageError
        If it is no finite number ≥ 0.
    """
    try:
        limit = float(number) if number.isascii() and "_" not in number else None
    except ValueError:
        limit = None
    if limit is None:
        raise UsageError(f"--tolerance {option!r}: {number!r} is not a number")
    if not 0 <= limit < math.inf:
        raise UsageError(f"--tolerance {option!r}: a tolerance is a finite number ≥ 0")
    return limit


def resolve_policy(
    options: list[str], policy_file: Path | None, folder: Path, vocabulary: Vocabulary | None = None
) -> Policy:
    """Return the policy in force: defaults, then pyproject.toml of `folder`, then the policy file, then the options.

    `vocabulary` is that of the quantities, by default the default one.
    """
    policy = Policy(vocabulary=vocabulary or registry.default())
    project = folder / PROJECT
    if os.path.isfile(project):  # noqa: PTH113 - a folder that cannot be searched holds none for us
        policy = policy.updated(read_policy(project), PROJECT)
    if policy_file is not None:
        policy = policy.updated(read_policy(policy_file), policy_file.name)
    for option in options:
        policy = policy.updated(parse_option(option), f"--tolerance {option}", by_option=True)
    return policy
