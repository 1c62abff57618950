"""Found by an interpreter that starts with this folder on its path: begins the capture, and leaves no trace of itself.

The path is put back as the program would have found it, and a sitecustomize of the installation runs as it would have.
The environment stays, so that Python programs that this one starts are captured from, too.
"""

from __future__ import annotations

import importlib.util
import json
import os
import sys
from typing import Any

_FOLDER = os.path.dirname(os.path.abspath(__file__))
_PACKAGE = "_nbtrace_inside"


def _loaded(module: str) -> Any:
    """Return a module of this folder, under a name that no program has."""
    if _PACKAGE not in sys.modules:
        spec: Any = importlib.util.spec_from_file_location(
            _PACKAGE,
            os.path.join(_FOLDER, "__init__.py"),
            submodule_search_locations=[_FOLDER],
        )
        package = importlib.util.module_from_spec(spec)
        sys.modules[_PACKAGE] = package
        spec.loader.exec_module(package)
    return importlib.import_module(f"{_PACKAGE}.{module}")


def _step_aside() -> None:
    """Take this folder off the path and let the installation's own sitecustomize run, if there is one."""
    sys.path[:] = [entry for entry in sys.path if os.path.abspath(entry or ".") != _FOLDER]
    itself = sys.modules.pop("sitecustomize")
    try:
        importlib.import_module("sitecustomize")
    except ImportError as error:
        if error.name != "sitecustomize":
            raise
        sys.modules["sitecustomize"] = itself


_plan = os.environ.get("NBTRACE_CAPTURE")
if _plan:
    _step_aside()
    with open(_plan, encoding="utf-8") as _file:
        _loaded("starting").start(json.load(_file))
