"""Modules of version 0.1 under their old names: an import of one gives the module that has its place, with a hint."""

import sys
import warnings
from importlib import import_module
from importlib.machinery import ModuleSpec
from types import ModuleType
from typing import Any, cast

_LONG_LOGS = "chunks columnar decimals placing scan templates"
_COLUMNS = "estimates stream tally windows"
_DIALECTS = "banner labels prose tagged"
_CAUSES = "detector structure variants"
_VIEWS = "check compare diff explain images phi scaling suite sweep trust"
_DOCUMENTS = "compare explain images suite sweep trust"
_NANOBRAGG = "nbtrace.physics.nanobragg"

MOVED: dict[str, str] = {
    "nbtrace.quantities": f"{_NANOBRAGG}.quantities",
    "nbtrace.recorder": "nbtrace.embedded.recorder",
    "nbtrace.pixel_table": "nbtrace.embedded.pixel_table",
    "nbtrace.cli.configurations": "nbtrace.embedded.configurations",
    "nbtrace.cli.embedded": "nbtrace.embedded.traces",
    "nbtrace.cli.embedded_source": "nbtrace.embedded.embedded_source",
    "nbtrace.cli.harness_table": "nbtrace.embedded.tables",
    "nbtrace.cli.simulated": "nbtrace.embedded.pixel_runs",
    "nbtrace.compare.comparability": "nbtrace.verdicts.notices",
    "nbtrace.compare.identities": "nbtrace.compare.relations",
    "nbtrace.compare.images.metrics": "nbtrace.compare.images.image_metrics",
    "nbtrace.compare.images.steps": "nbtrace.compare.images.ulps",
    "nbtrace.compare.images.traced": "nbtrace.images.traced",
    "nbtrace.compare.lattice": f"{_NANOBRAGG}.lattice",
    "nbtrace.compare.pixel": f"{_NANOBRAGG}.pixel",
    "nbtrace.compare.sizes": "nbtrace.longlogs.diff_logs",
    "nbtrace.compare.status": "nbtrace.verdicts.status",
    "nbtrace.compare.tolerance": "nbtrace.verdicts.tolerance",
    **{f"nbtrace.compare.{name}": f"nbtrace.longlogs.{name}" for name in _COLUMNS.split()},
    **{f"nbtrace.explanation.causes.{name}": f"{_NANOBRAGG}.causes.{name}" for name in _CAUSES.split()},
    "nbtrace.explanation.configuration": f"{_NANOBRAGG}.configuration",
    "nbtrace.explanation.facts": f"{_NANOBRAGG}.facts",
    "nbtrace.explanation.formulas": f"{_NANOBRAGG}.formulas",
    "nbtrace.explanation.formulas.conditions": "nbtrace.explanation.conditions",
    "nbtrace.explanation.formulas.evaluate": "nbtrace.compare.evaluate",
    "nbtrace.explanation.judgement": "nbtrace.explanation.audit",
    "nbtrace.explanation.runs": "nbtrace.explanation.simulations",
    "nbtrace.explanation.runs.alternatives": f"{_NANOBRAGG}.alternatives",
    "nbtrace.explanation.scene": "nbtrace.compare.scene",
    "nbtrace.explanation.selftest": f"{_NANOBRAGG}.selftest",
    "nbtrace.explanation.selftest.run": f"{_NANOBRAGG}.selftest.scoring",
    "nbtrace.images.fabio_process": "nbtrace.images.reading_process",
    "nbtrace.images.geometry": "nbtrace.images.resolution",
    "nbtrace.images.names": "nbtrace.images.file_names",
    "nbtrace.parsers.documents": "nbtrace.parsers.json_traces",
    "nbtrace.parsers.sides": "nbtrace.parsers.both_sides",
    **{f"nbtrace.parsers.{name}": f"nbtrace.longlogs.{name}" for name in _LONG_LOGS.split()},
    **{f"nbtrace.parsers.{name}": f"{_NANOBRAGG}.dialects.{name}" for name in _DIALECTS.split()},
    "nbtrace.report.ci.filed": "nbtrace.report.documents.models",
    "nbtrace.report.filed": "nbtrace.report.documents.filed",
    "nbtrace.report.explain_simulated": "nbtrace.report.views.explain_simulated",
    "nbtrace.report.hypotheses": "nbtrace.report.views.hypotheses",
    "nbtrace.report.selftest_view": f"{_NANOBRAGG}.selftest.selftest_view",
    "nbtrace.report.unified": "nbtrace.report.views.unified",
    **{f"nbtrace.report.{name}_view": f"nbtrace.report.views.{name}_view" for name in _VIEWS.split()},
    **{f"nbtrace.report.{name}_document": f"nbtrace.report.documents.{name}_document" for name in _DOCUMENTS.split()},
    "nbtrace.running": "nbtrace.programs",
    "nbtrace.running.source": "nbtrace.programs.side_source",
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
