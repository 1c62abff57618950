"""Found by an interpreter that starts with this folder on its path: begins the capture, and leaves no trace of itself.

The path and the environment are put back as the program would have found them, and a sitecustomize of the
installation runs as it would have.
"""

import importlib.util
import json
import os
import sys

_FOLDER = os.path.dirname(os.path.abspath(__file__))  # noqa: PTH100, PTH120 - before the program, load little
_PACKAGE = "_nbtrace_inside"


def _loaded(module):  # type: ignore[no-untyped-def] # noqa: ANN001, ANN202
    """Return a module of this folder, under a name that no program has."""
    if _PACKAGE not in sys.modules:
        spec = importlib.util.spec_from_file_location(
            _PACKAGE,
            os.path.join(_FOLDER, "__init__.py"),  # noqa: PTH118
            submodule_search_locations=[_FOLDER],
        )
        package = importlib.util.module_from_spec(spec)
        sys.modules[_PACKAGE] = package
        spec.loader.exec_module(package)
    return importlib.import_module(f"{_PACKAGE}.{module}")


def _step_aside() -> None:
    """Take this folder off the path and let the installation's own sitecustomize run, if there is one."""
    sys.path[:] = [entry for entry in sys.path if os.path.abspath(entry or ".") != _FOLDER]  # noqa: PTH100
    itself = sys.modules.pop("sitecustomize", None)
    try:
        importlib.import_module("sitecustomize")
    except ImportError as error:
        if error.name != "sitecustomize":
            raise
        sys.modules["sitecustomize"] = itself


_plan = os.environ.get("NBTRACE_CAPTURE")
if _plan:
    _step_aside()
    with open(_plan, encoding="utf-8") as _file:  # noqa: PTH123
        _loaded("starting").start(json.load(_file))
