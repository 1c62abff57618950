"""What is chosen of the embedded simulator, and the configurations that it is run with; imports no torch."""

import logging
import shlex
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, replace
from functools import cache
from pathlib import Path

from pydantic import ValidationError

from nbtrace.errors import InputError, ProgramError, UsageError
from nbtrace.programs.leniency import LENIENT
from simulator.arguments import CommandLine, FlagError, parse
from simulator.canonical import canonical_arguments
from simulator.config import Config, ExecutionConfig
from simulator.config_file import NamedConfig, load_config
from simulator.defects import Defect, Mode, defects_of
from simulator.environment import DTYPE_FLAG, DTYPE_VARIABLE, environment_dtype
from simulator.errors import InputFileError, ResourceError, SimulatorError
from simulator.requirements import require_torch

_log = logging.getLogger("nbtrace")


@contextmanager
def simulator_errors() -> Iterator[None]:
    """Turn an error of the simulator into the one of nbtrace with the right exit code."""
    try:
        yield
    except InputFileError as error:
        raise InputError(str(error)) from error
    except ResourceError as error:
        raise ProgramError(str(error)) from error
    except SimulatorError as error:
        raise UsageError(str(error)) from error


def require_simulator() -> None:
    """Check that the embedded simulator can run here; torch is imported.

    Raises
    ------
    UsageError
        If PyTorch, with which it computes, is not installed.
    """
    with simulator_errors():
        require_torch()


@dataclass(frozen=True)
class Choice:
    """What is chosen over a configuration; None leaves it as it is."""

    mode: str | None = None
    device: str | None = None
    dtype: str | None = None

    def __bool__(self) -> bool:
        """Whether anything is chosen."""
        return (self.mode, self.device, self.dtype) != (None, None, None)

    def in_environment(self, words: Sequence[str]) -> "Choice":
        """Return it with the precision that the environment asks for, where neither it nor flags name one; say so.

        Raises
        ------
        UsageError
            If the environment asks for one that there is not.
        """
        dtype = None if self.dtype is not None or DTYPE_FLAG in words else asked_by_environment()
        if dtype is None:
            return self
        _say_once(f"computed in {dtype}, as {DTYPE_VARIABLE} says")
        return replace(self, dtype=dtype)

    def applied(self, config: Config) -> Config:
        """Return the configuration with the choice in it; CUDA that is absent becomes the CPU, with a warning.

        Raises
        ------
        UsageError
            If a word is none that the simulator knows, or PyTorch is not installed.
        """
        given = {"device": self.device, "dtype": self.dtype, "defects": self.defects()}
        changes = {name: value for name, value in given.items() if value is not None}
        try:
            execution = ExecutionConfig.model_validate(config.execution.model_dump() | changes)
        except ValidationError as error:
            raise UsageError(f"{error.errors()[0]['loc'][0]}: {error.errors()[0]['msg']}") from None
        require_simulator()
        from simulator.device import on_available_device  # noqa: PLC0415 - imports torch

        with simulator_errors():
            chosen, warning = on_available_device(config.model_copy(update={"execution": execution}))
        if warning is not None:
            _log.warning("warning: %s", warning)
        return chosen

    def reread(self, words: Sequence[str], config: Config) -> Config:
        """Return what flags mean in the chosen mode, where its switches decide how some of them are read.

        Parameters
        ----------
        words : sequence of str
            The flags that `config` was read from.
        config : Config
        """
        if self.mode is None:
            return config
        self.defects()
        with simulator_errors():
            plain, chosen = (_passing(words, mode) for mode in (None, self.mode))
        return config if plain == chosen else chosen.model_copy(update={"execution": config.execution})

    def defects(self) -> frozenset[Defect] | None:
        """Return the switches of the chosen mode.

        Raises
        ------
        UsageError
            If it is unknown.
        """
        try:
            return None if self.mode is None else defects_of(self.mode)
        except ValueError as error:
            known = " or ".join(mode.value for mode in Mode)
            raise UsageError(f"mode {self.mode!r} is unknown; give {known}: {error}") from None


def asked_by_environment() -> str | None:
    """Return the precision that the environment asks for, None for none.

    Raises
    ------
    UsageError
        If there is no such precision.
    """
    with simulator_errors():
        return environment_dtype()


@cache
def _say_once(text: str) -> None:
    """Log a line, the first time that it is to be said."""
    _log.warning("%s", text)


def _passing(words: Sequence[str], mode: str | None) -> Config:
    """Read flags that were read before, so that the lenient way is right where the strict one is refused."""
    try:
        config = parse(words, mode=mode).config
    except FlagError:
        config = parse(words, lenient=True, mode=mode).config
    return config.model_copy(update={"execution": ExecutionConfig()})


def devices_there(asked: Sequence[str]) -> tuple[tuple[str, ...], dict[str, str]]:
    """Return the devices to run on, and those that this machine lacks, each with the reason.

    Parameters
    ----------
    asked : sequence of str
        Names of devices; none for the CPU and CUDA. Where none of them is there, the CPU is, with a warning.

    Raises
    ------
    UsageError
        If a name is no device's, or PyTorch is not installed.
    """
    require_simulator()
    from simulator.device import device_of, is_available  # noqa: PLC0415 - imports torch

    names = tuple(dict.fromkeys(asked)) or ("cpu", "cuda")
    with simulator_errors():
        present = tuple(name for name in names if is_available(device_of(name)))
    absent = {name: "this machine has no such device" for name in names if name not in present}
    for name in absent if asked else ():
        _log.warning("warning: device %s was asked for and is not available", name)
    if present:
        return present, absent
    return ("cpu",), {name: f"{reason}; the CPU is used" for name, reason in absent.items()}


def parsed_flags(words: Sequence[str], mode: str | None = None, *, quiet: bool = False) -> Config:
    """Read nanoBragg's flags; what to know about them goes to the log as warnings.

    Parameters
    ----------
    words : sequence of str
    mode : str, optional
        In place of -mode among them.
    quiet : bool
        Log no warnings: the caller says what is to be known.

    Raises
    ------
    UsageError, InputError
        If they make no run.
    """
    lenient = LENIENT in words
    Choice(mode).defects()
    with simulator_errors():
        command = parse([word for word in words if word != LENIENT], lenient=lenient, mode=mode)
    if not quiet:
        _warn(command)
    return command.config


def parsed_file(path: Path) -> NamedConfig:
    """Read a configuration file; what to know about its flags goes to the log as warnings.

    Raises
    ------
    UsageError, InputError
        If it cannot be read or makes no run.
    """
    with simulator_errors():
        named = load_config(path)
    _warn(named.command)
    return named


def _warn(command: CommandLine) -> None:
    for finding in command.findings:
        _log.warning("warning: %s", finding.remark)


def words_of(command: CommandLine) -> tuple[str, ...]:
    """Return the flags that act in a command line, without their values."""
    return tuple(act.flag.token for act in command.acts)


def canonical(config: Config) -> tuple[str, ...]:
    """Return the shortest flags that give a configuration."""
    return tuple(canonical_arguments(config))


def command_text(flags: Sequence[str]) -> str:
    """Return flags as one line that a shell reads back."""
    return shlex.join(flags)


def input_files(config: Config) -> tuple[Path, ...]:
    """Return the files that a configuration is read from."""
    named = (config.crystal.matrix_file, config.structure.hkl_file, config.beam.source_file, config.sampling.mask_file)
    cache = config.structure.dump_file
    cached = (cache,) if config.structure.hkl_file is None and cache.is_file() else ()
    return tuple(path for path in (*named, *cached) if path is not None)
