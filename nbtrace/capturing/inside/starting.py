"""The beginning and the end of a capture in the program's process, and the search for its places before the run."""

from __future__ import annotations

import atexit
import importlib.machinery
import importlib.util
import json
import os
import sys
import tokenize
from typing import TYPE_CHECKING

from .compiled_frames import TranslationWatch, compiled_function, is_translated
from .event_log import EventLog
from .frame_expressions import ForbiddenError, names_of, parsed
from .frame_probes import Tracer
from .frame_writes import WriteError
from .monitoring_back_end import NAME as MONITORING
from .monitoring_back_end import MonitoringBackEnd, NoToolError
from .python_places import MODULE, PlaceError, WantedPlace, find
from .settrace_back_end import NAME as SETTRACE
from .settrace_back_end import SettraceBackEnd

if TYPE_CHECKING:
    from typing import Any, TypeAlias

    BackEnd: TypeAlias = "MonitoringBackEnd | SettraceBackEnd"

MAIN = "__main__"


def start(plan: dict[str, Any]) -> None:
    """Do what a plan says: find places and end, or capture until the program ends."""
    if plan["mode"] == "find":
        text = json.dumps(found_places(plan))
        with open(plan["answer"], "w", encoding="utf-8") as file:
            file.write(text)
        return
    ProcessCapture(plan).begin()


class ProcessCapture:
    """A capture in this process, from :meth:`begin` to :meth:`end`."""

    def __init__(self, plan: dict[str, Any]) -> None:
        self._plan = plan
        older = plan["back_end"] == SETTRACE or sys.version_info < (3, 12)
        self.name = SETTRACE if older else MONITORING
        self.log = EventLog(plan["events"], {"back_end": self.name})
        self._exit = os._exit
        self._tracer: Tracer | None = None
        self._watch: TranslationWatch | None = None
        self._back_end: BackEnd | None = None
        self._ended = False

    def begin(self, *, at_exit: bool = True) -> None:
        """Begin; what hinders is told in the log, and the program goes on."""
        try:
            tracer = self._tracer = Tracer(self._plan, self.log)
            self._watch = TranslationWatch(tracer.compiled)
            self._watch.begin()
            older = self.name == SETTRACE
            chosen = SettraceBackEnd if older else MonitoringBackEnd
            self._back_end = chosen(tracer)
            self._back_end.begin()
        except (ForbiddenError, WriteError, NoToolError) as error:
            self.log.write("failed", why=str(error))
            return
        if at_exit:
            atexit.register(self.end)
            os._exit = self._exiting  # type: ignore[assignment]

    def end(self) -> None:
        """End it and tell what only the end shows; a second call does nothing."""
        if self._ended:
            return
        self._ended = True
        os._exit = self._exit
        if self._back_end is not None:
            self._back_end.end()
        if self._watch is not None:
            self._watch.end()
        if self._tracer is not None and not self._plan["uncompiled"]:
            for code in filter(is_translated, self._tracer.codes()):
                self._tracer.compiled(code, "torch.compile")
        for one in self._plan["probes"]:
            how = compiled_function(sys.modules, one["file"], one["scope"]) if one["scope"] != MODULE else ""
            if how:
                self.log.once("compiled", probe=one["number"], how=how)
        dynamo = sys.modules.get("torch._dynamo.utils")
        frames = dict(getattr(dynamo, "counters", {}).get("frames", {})) if dynamo else {}
        arrivals = {} if self._tracer is None else self._tracer.arrivals
        self.log.write("end", dynamo_frames=int(frames.get("ok", 0)), left_out=self.log.left_out, arrivals=arrivals)

    def _exiting(self, status: int) -> None:
        """Stand in for os._exit, which calls nothing that was registered."""
        self.end()
        self._exit(status)


# --- where the probes stand ------------------------------------------------------------------------------------------


def found_places(plan: dict[str, Any]) -> dict[str, Any]:
    """Return the place of each probe of a plan, or what is wrong with it, by number, and the file of the program."""
    places, faults = {}, {}
    sys.path[:0] = [plan["path"]]
    for one in plan["probes"]:
        try:
            places[one["number"]] = _found(one, plan)
        except (PlaceError, ForbiddenError, WriteError) as error:
            faults[one["number"]] = str(error)
    try:
        main: str | None = os.path.realpath(_main_file(plan))
    except PlaceError:
        main = None
    return {"places": places, "faults": faults, "main": main}


def _found(one: dict[str, Any], plan: dict[str, Any]) -> dict[str, Any]:
    place = one["place"]
    module, function = _module_and_function(place["function"] or "")
    if place["line"]:
        file = _file_named(place["line"][0], plan)
        wanted = WantedPlace(line=place["line"][1])
    else:
        file = _file_of(module, plan)
        after, before, loop, text = (place[name] or "" for name in ("after", "before", "loop", "text"))
        wanted = WantedPlace(function, after, before, loop, 0, text)
    span = find(_source(file), wanted, os.path.basename(file))
    check_names(one, plan, set(span.names))
    return {"file": os.path.realpath(file), **span._asdict()}


def check_names(one: dict[str, Any], plan: dict[str, Any], names: set[str]) -> None:
    """Refuse expressions that do more than read, and names of the selection that the function has, too."""
    texts = [name for name, _ in one["when"]] + [text for _, text in one["index"]]
    for quantity in one["quantities"]:
        for part in quantity["expressions"]:
            texts += [part["text"].replace("{}", "0"), *(end for end in (part["low"], part["high"]) if end)]
    for text in texts:
        parsed(text)
        for name in sorted(names_of(text) & set(plan["given"]) & names):
            raise PlaceError(
                f"{name} is a variable of the function, and the name of a selected index: call the index otherwise in "
                "select.pixel"
            )


def _module_and_function(text: str) -> tuple[str, str]:
    module, colon, function = text.rpartition(":")
    return (module, function) if colon else ("", text)


def _file_named(name: str, plan: dict[str, Any]) -> str:
    """Return the file that a place names: in the folder of the run, or beside the program."""
    main = _main_file(plan)
    beside = os.path.dirname(main)
    for folder in (os.getcwd(), beside):
        path = os.path.join(folder, name)
        if os.path.isfile(path):
            return path
    if os.path.basename(main) == name:
        return main
    raise PlaceError(f"there is no file {name}")


def _file_of(module: str, plan: dict[str, Any]) -> str:
    """Return the source file of a module, which is not loaded for it; of the program itself for no name."""
    if module in {"", MAIN}:
        return _main_file(plan)
    if module.endswith(".py"):
        return _file_named(module, plan)
    return _module_file(module)


def _main_file(plan: dict[str, Any]) -> str:
    if plan["script"]:
        script: str = plan["script"]
        return os.path.join(script, "__main__.py") if os.path.isdir(script) else script
    if not plan["module"]:
        raise PlaceError("the program has no file; say which module the function is of: MODULE:FUNCTION")
    try:
        return _module_file(plan["module"] + ".__main__")
    except PlaceError:
        return _module_file(plan["module"])


def _module_file(name: str) -> str:
    first, _, rest = name.partition(".")
    try:
        spec = importlib.util.find_spec(first)
    except (ImportError, ValueError):
        spec = None
    full = first
    for part in filter(None, rest.split(".")):
        if spec is None or spec.submodule_search_locations is None:
            raise PlaceError(f"there is no module {name}")
        full += "." + part
        spec = importlib.machinery.PathFinder.find_spec(full, list(spec.submodule_search_locations))
    if spec is None:
        raise PlaceError(f"there is no module {name}")
    origin = spec.origin or ""
    if not origin.endswith(".py"):
        raise PlaceError(f"{name} is compiled ({os.path.basename(origin) or 'no file'}); no Python of it runs")
    return origin


def _source(file: str) -> str:
    try:
        with tokenize.open(file) as stream:
            return stream.read()
    except (OSError, SyntaxError, UnicodeDecodeError) as error:
        raise PlaceError(f"{file} cannot be read: {getattr(error, 'strerror', None) or error}") from None
