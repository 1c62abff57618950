"""The canonical command: the shortest list of flags, in the table's order, that gives a configuration."""

from collections.abc import Iterator
from enum import Enum

from simulator.config import Cell, Config
from simulator.defects import mode_name
from simulator.flags import FLAGS, Flag, Special


def canonical_arguments(config: Config) -> list[str]:
    """Return the arguments that :func:`simulator.arguments.parse` turns into `config`.

    The mode always stands at the end. Values that an SMV header gave are written as flags.
    """
    default = Config()
    return [word for flag in FLAGS if flag.canonical for word in _words(flag, config, default)]


def _field(config: Config, path: str) -> object:
    section, _, attribute = path.partition(".")
    return getattr(getattr(config, section), attribute)


def _words(flag: Flag, config: Config, default: Config) -> Iterator[str]:
    """Yield the flag and its values if the configuration needs it."""
    if flag.special is Special.MISSET:
        yield from _misset(config)
    elif flag.token == "-mode":  # noqa: S105 - a flag's token
        yield from (flag.token, mode_name(config.execution.defects))
    elif flag.count == 0:
        if _is_on(flag, config, default):
            yield flag.token
    elif flag.sets and (_differs(flag, config, default) or _follows_collision(flag, config)):
        yield flag.token
        for path in flag.sets if flag.count > 1 else flag.sets[:1]:
            yield from _texts(_field(config, path))


def _is_on(flag: Flag, config: Config, default: Config) -> bool:
    """Tell whether a switch says something that is not the default; the pivot of a named convention is not its own."""
    fixed = {path: value for path, value in flag.fixed.items() if path != "detector.pivot"}
    changed = any(_field(default, path) != value for path, value in fixed.items())
    return changed and all(_field(config, path) == value for path, value in fixed.items())


def _differs(flag: Flag, config: Config, default: Config) -> bool:
    return any(_field(config, path) != _field(default, path) for path in flag.sets)


def _follows_collision(flag: Flag, config: Config) -> bool:
    """Tell whether the angle must be written because the axis before it sets the angle too."""
    return flag.token == "-twotheta" and config.detector.twotheta_axis is not None  # noqa: S105 - a flag's token


def _misset(config: Config) -> Iterator[str]:
    if config.crystal.misset_random:
        yield from ("-misset", "random")
    elif config.crystal.misset_deg is not None:
        yield from ("-misset", *_texts(config.crystal.misset_deg))


def _texts(value: object) -> Iterator[str]:
    match value:
        case Cell():
            yield from (repr(number) for number in value.model_dump().values())
        case tuple():
            yield from (str(member) for member in value)
        case Enum():
            yield str(value.value)
        case _:
            yield str(value)
