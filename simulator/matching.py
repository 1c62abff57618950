"""How the reference recognises an argument: by a part of it, so that one word may act as a flag that nobody meant."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from functools import lru_cache

from simulator.defects import Defect
from simulator.flags import FLAGS, Flag, Special

_UNITS = {"Å": ("A", "angstrom"), "µm": ("um",), "degrees": ("deg", "degrees")}
"""How a unit is written at the end of a flag, where it is not written as it is."""


_WORDS = 1024
"""Of command lines that are kept with the flags that they trigger: those of a thousand cases are mostly the same."""


@dataclass(frozen=True)
class Act:
    """What the reference makes of one argument as one flag.

    Attributes
    ----------
    index : int
        Place of the argument on the command line, from 0.
    argument : str
        As it is typed.
    flag : Flag
    values : tuple of str
        The words that it takes.
    settings : mapping of str to object
        The fields of the configuration that the values set.
    meant : bool
        The argument is that flag by its longest name; otherwise it acts as another one too.
    """

    index: int
    argument: str
    flag: Flag
    values: tuple[str, ...] = ()
    settings: Mapping[str, object] = field(default_factory=dict)
    meant: bool = True

    @property
    def text(self) -> str:
        """The argument and its values, as they are typed."""
        return " ".join((self.argument, *self.values))

    @property
    def spelt(self) -> bool:
        """Whether the argument is the flag's own name, or a longer one that says the same."""
        return is_spelling(self.argument, self.flag)


def triggered(argument: str, defects: frozenset[Defect]) -> list[Flag]:
    """Return the flags that an argument triggers, the one it is meant to be first."""
    return list(_triggered(argument, defects))


@lru_cache(maxsize=_WORDS)
def _triggered(argument: str, defects: frozenset[Defect]) -> tuple[Flag, ...]:
    flags: list[Flag] = []
    for flag in FLAGS:
        if flag.matches(argument):
            flags.append(flag)
            if flag.stops:
                break
    flags.sort(key=lambda flag: -len(flag.token))
    if Defect.FLAG_COLLISIONS not in defects:
        flags = flags[:1] + [flag for flag in flags[1:] if flag.token == "-printout"]  # noqa: S105 - a flag's token
    if Defect.MISSET_SEED_AS_MISSET in defects and "-misset" in argument and not _is_misset(flags):
        flags += [flag for flag in FLAGS if flag.special is Special.MISSET]
    return tuple(flags)


def _is_misset(flags: Sequence[Flag]) -> bool:
    return any(flag.special is Special.MISSET for flag in flags)


def wanted(flag: Flag, following: Sequence[str]) -> int:
    """Return how many of the following arguments are the flag's values."""
    if flag.special is Special.CELL:
        end = next((i for i, value in enumerate(following[:6]) if value.startswith("-")), 6)
        return min(end, len(following))
    if flag.special is Special.MISSET:
        return 1 if following and "rand" in following[0] else 3
    return flag.count


def is_spelling(argument: str, flag: Flag) -> bool:
    """Tell whether an argument is a flag's own name, or a longer one that says the same."""
    name = f"-{argument.lstrip('-')}"
    if name == flag.token or name in flag.spellings:
        return True
    if not name.startswith(flag.token):
        return False
    unit = flag.about.rpartition("(")[2].removesuffix(")") if flag.about.endswith(")") else ""
    endings = {f"_{word}" for word in _UNITS.get(unit, (unit,)) if unit}
    return name.removeprefix(flag.token) in endings
