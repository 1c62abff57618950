"""Modules of version 0.1 under their old names: an import of one gives the module that has its place, with a hint."""

import sys
import warnings
from importlib import import_module
from importlib.machinery import ModuleSpec
from types import ModuleType
from typing import Any, cast

_REPORT = "check compare diff explain images phi scaling suite sweep trust"

MOVED: dict[str, str] = {
    "nbtrace.quantities": "nbtrace.physics.nanobragg.quantities",
    "nbtrace.recorder": "nbtrace.embedded.recorder",
    "nbtrace.pixel_table": "nbtrace.embedded.pixel_table",
    "nbtrace.compare.status": "nbtrace.verdicts.status",
    "nbtrace.compare.tolerance": "nbtrace.verdicts.tolerance",
    "nbtrace.compare.lattice": "nbtrace.physics.nanobragg.lattice",
    "nbtrace.compare.pixel": "nbtrace.physics.nanobragg.pixel",
    "nbtrace.compare.stream": "nbtrace.longlogs.stream",
    "nbtrace.compare.images.traced": "nbtrace.images.traced",
    "nbtrace.parsers.columnar": "nbtrace.longlogs.columnar",
    "nbtrace.explanation.judgement": "nbtrace.explanation.audit",
    "nbtrace.explanation.runs": "nbtrace.explanation.simulations",
    "nbtrace.explanation.scene": "nbtrace.compare.scene",
    "nbtrace.explanation.facts": "nbtrace.physics.nanobragg.facts",
    "nbtrace.explanation.configuration": "nbtrace.physics.nanobragg.configuration",
    "nbtrace.explanation.formulas": "nbtrace.physics.nanobragg.formulas",
    "nbtrace.explanation.selftest": "nbtrace.physics.nanobragg.selftest",
    "nbtrace.running": "nbtrace.programs",
    **{f"nbtrace.report.{name}_view": f"nbtrace.report.views.{name}_view" for name in _REPORT.split()},
    **{
        f"nbtrace.report.{name}_document": f"nbtrace.report.documents.{name}_document"
        for name in ("compare", "explain", "images", "suite", "sweep", "trust")
    },
    "nbtrace.report.unified": "nbtrace.report.views.unified",
}
"""Old name to new one; what was in a package is found in the new one."""


def spec_of(name: str) -> ModuleSpec | None:
    """Return the spec of a module under its old name; None for any other name."""
    new = new_name(name)
    return None if new is None else ModuleSpec(name, cast("Any", _Elsewhere(new)))


def new_name(name: str) -> str | None:
    """Return the name that a module of version 0.1 has now; None if it is no old name."""
    package, rest = name, ""
    while package not in MOVED:
        package, dot, last = package.rpartition(".")
        if not dot:
            return None
        rest = f".{last}{rest}"
    return MOVED[package] + rest


class _Elsewhere:
    """Loads a module from its new name; importlib.abc, which has a base for it, takes long to import."""

    def __init__(self, name: str) -> None:
        self._name = name

    def create_module(self, spec: ModuleSpec) -> None:
        """Leave the making of an empty module to the import system."""
        del spec

    def exec_module(self, module: ModuleType) -> None:
        """Put the module of the new name in the place of the empty one; a package asks it for what it is asked for."""
        warnings.warn(f"{module.__name__} is {self._name} now", DeprecationWarning, stacklevel=2)
        new = import_module(self._name)
        if new.__spec__ is None or new.__spec__.submodule_search_locations is None:
            sys.modules[module.__name__] = new
            return
        # With the folder of the new package its modules would be loaded a second time, under their old names.
        vars(module).update(__path__=[], __getattr__=lambda name: getattr(new, name))
