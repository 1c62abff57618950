"""Where a run computes: the device that was asked for, or the CPU where there is no such device."""

import torch

from simulator.config import Config
from simulator.errors import ConfigurationError


def device_of(name: str) -> torch.device:
    """Return the device of a name: cpu, cuda or cuda:N.

    Raises
    ------
    ConfigurationError
        If the name is another.
    """
    try:
        device = torch.device(name)
    except RuntimeError:
        device = None
    if device is None or device.type not in {"cpu", "cuda"}:
        raise ConfigurationError(f"device '{name}' is unknown; give cpu, cuda or cuda:N")
    return device


def is_available(device: torch.device) -> bool:
    """Tell whether this machine has the device."""
    return device.type == "cpu" or (device.index or 0) < torch.cuda.device_count()


def on_available_device(config: Config) -> tuple[Config, str | None]:
    """Return the configuration on a device that is there, and a warning if it is not the one that was asked for.

    Raises
    ------
    ConfigurationError
        If the configured name is no device's.
    """
    name = config.execution.device
    if is_available(device_of(name)):
        return config, None
    execution = config.execution.model_copy(update={"device": "cpu"})
    warning = f"device {name} was asked for and is not available; the CPU is used"
    return config.model_copy(update={"execution": execution}), warning
