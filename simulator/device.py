"""Where a run computes: the device that was asked for, the better one of those there are, or the CPU."""

import torch

from simulator.config import Config
from simulator.errors import ConfigurationError
from simulator.work import AUTO, PAYING_SAMPLES, least_samples


def device_of(name: str) -> torch.device:
    """Return the device of a name: cpu, cuda or cuda:N.

    Raises
    ------
    ConfigurationError
        If the name is another, or that of a device without double precision.
    """
    try:
        device = torch.device(name)
    except RuntimeError:
        device = None
    if device is not None and device.type == "mps":
        raise ConfigurationError("device mps has no float64, in which positions and indices are computed; give cpu")
    if device is None or device.type not in {"cpu", "cuda"}:
        raise ConfigurationError(f"device '{name}' is unknown; give cpu, cuda, cuda:N or auto")
    return device


def is_available(device: torch.device) -> bool:
    """Tell whether this machine has the device."""
    return device.type == "cpu" or (device.index or 0) < torch.cuda.device_count()


def device_name(config: Config) -> str:
    """Return the name of the device to compute on: for `auto` CUDA, where it is there and the image pays for it."""
    name = config.execution.device
    return name if name != AUTO else "cuda" if gpu_pays(config) else "cpu"


def gpu_pays(config: Config) -> bool:
    """Tell whether there is a GPU, and the image has enough samples to pay for its start."""
    return least_samples(config) >= PAYING_SAMPLES and is_available(torch.device("cuda"))


def on_available_device(config: Config) -> tuple[Config, str | None]:
    """Return the configuration on a device that is there, and a warning if it is not the one that was asked for.

    Raises
    ------
    ConfigurationError
        If the configured name is no device's.
    """
    asked = config.execution.device
    name = device_name(config)
    warning = None
    if not is_available(device_of(name)):
        name, warning = "cpu", f"device {asked} was asked for and is not available; the CPU is used"
    if name == asked:
        return config, warning
    execution = config.execution.model_copy(update={"device": name})
    return config.model_copy(update={"execution": execution}), warning
