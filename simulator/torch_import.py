"""The import of torch by a process that only simulates, without what it registers for compilers: half of it.

torch imports, at its end, the shapes that operations have on tensors without data. Compilation needs them and nothing
else does. Here that module is put off until one of its names is asked for, or torch.compile is.
"""

import gc
import sys
from collections.abc import Callable, Sequence
from importlib.abc import Loader, MetaPathFinder
from importlib.machinery import ModuleSpec, PathFinder
from types import ModuleType

from simulator.requirements import require_torch

PUT_OFF = "torch._meta_registrations"
COMPILERS = frozenset({"torch._dynamo", "torch._inductor", "torch._functorch._aot_autograd"})
"""Modules that compile: what was put off is loaded before them."""


def import_torch_to_simulate() -> None:
    """Import torch, where it is not imported yet, for a process that needs nothing of it but computing.

    Raises
    ------
    DependencyError
        If it is not installed, or does not load.
    """
    if "torch" in sys.modules:
        return
    sys.meta_path.insert(0, _Finder())
    collecting = gc.isenabled()
    # Nothing of what an import makes is garbage, and looking for it takes a tenth of the time.
    gc.disable()
    try:
        require_torch()
    finally:
        gc.freeze()
        if collecting:
            gc.enable()


class _Finder(MetaPathFinder):
    """Finds the module that is put off, and loads it when a compiler is imported."""

    def find_spec(
        self,
        fullname: str,
        path: Sequence[str] | None,
        target: ModuleType | None = None,  # noqa: ARG002 - a MetaPathFinder
    ) -> ModuleSpec | None:
        """Return how a module is loaded; None leaves it to the others."""
        if fullname in COMPILERS:
            load_what_was_put_off()
        if fullname != PUT_OFF:
            return None
        found = PathFinder.find_spec(fullname, path)
        if found is not None and found.loader is not None:
            found.loader = _PutOff(found.loader)
        return found


class _PutOff(Loader):
    """Loads a module when the first of its names is asked for."""

    def __init__(self, loader: Loader) -> None:
        self._loader = loader

    def create_module(self, spec: ModuleSpec) -> ModuleType | None:
        """Return what the module's own loader makes."""
        return self._loader.create_module(spec)

    def exec_module(self, module: ModuleType) -> None:
        """Leave the module empty, but for a way to fill it."""
        module.__dict__["__getattr__"] = _Filling(module, self._loader.exec_module)


class _Filling:
    """The `__getattr__` of a module that is put off."""

    def __init__(self, module: ModuleType, fill: Callable[[ModuleType], None]) -> None:
        self._module = module
        self._fill = fill

    def __call__(self, name: str) -> object:
        """Fill the module, and return what it holds under a name."""
        if self._module.__dict__.pop("__getattr__", None) is not None:
            self._fill(self._module)
        try:
            return self._module.__dict__[name]
        except KeyError:
            raise AttributeError(f"module {self._module.__name__!r} has no attribute {name!r}") from None


def load_what_was_put_off() -> None:
    """Load what :func:`import_torch_to_simulate` put off, if it did."""
    module = sys.modules.get(PUT_OFF)
    filling = None if module is None else module.__dict__.get("__getattr__")
    if isinstance(filling, _Filling):
        getattr(module, "register_meta", None)
