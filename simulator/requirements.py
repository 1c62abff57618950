"""What a run needs that an installation may lack: PyTorch, which only the simulator computes with."""

from simulator.errors import DependencyError

INSTALL = "pip install torch"


def require_torch() -> None:
    """Check that PyTorch can be imported, which takes a second where it is.

    Raises
    ------
    DependencyError
        If it is not installed, or does not load.
    """
    try:
        import torch  # noqa: F401, PLC0415 - it is not there in every installation
    except ModuleNotFoundError as error:
        if error.name != "torch":
            raise DependencyError(f"PyTorch does not load: it lacks the package {error.name}") from None
        raise DependencyError(
            f"the simulator needs PyTorch, which is not installed; install it (the CPU build will do): {INSTALL}"
        ) from None
    except (ImportError, OSError) as error:
        raise DependencyError(f"PyTorch is installed and does not load: {error}") from None
