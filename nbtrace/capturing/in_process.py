"""`nbtrace.capture`: values read out of functions of this process, for library users and notebooks."""

import hashlib
import importlib
import inspect
import json
import linecache
import sys
import tempfile
import time
from collections.abc import Mapping
from contextlib import ExitStack
from dataclasses import replace
from datetime import UTC, datetime
from pathlib import Path
from types import CodeType, TracebackType
from typing import Any, Self

from nbtrace.capturing.back_end import BackEnd
from nbtrace.capturing.back_end_run import BackEndRun
from nbtrace.capturing.capture_plan import probe_plan
from nbtrace.capturing.certificate import Certificate, ProbeHits, compared_outputs
from nbtrace.capturing.hits import CapturedValue, Hit
from nbtrace.capturing.inside.compiled_frames import kind_of, were_compiled
from nbtrace.capturing.inside.frame_expressions import ForbiddenError
from nbtrace.capturing.inside.python_places import MODULE, PlaceError, WantedPlace, find
from nbtrace.capturing.inside.starting import ProcessCapture, check_names
from nbtrace.capturing.probe import Place, Probe, ProbeFile
from nbtrace.capturing.probe_file import probes_of, read_probe_file
from nbtrace.capturing.python_run import given_indices, read_events, refuse_foreign, run_plan
from nbtrace.capturing.trace_log import log_text
from nbtrace.errors import IncompleteError, PerturbedError, UsageError
from nbtrace.evidence.program import ProgramRun
from nbtrace.files import write_new
from nbtrace.parsers import parse_trace
from nbtrace.records import Trace

_PREFIX = "TRACE_PY"
_UNWRAPPED = ("_torchdynamo_orig_callable", "__wrapped__", "__func__", "py_func")


def capture(
    probes: str | Path | Mapping[str, Any] | ProbeFile,
    *,
    pixel: tuple[int, int] | None = None,
    at: Mapping[str, int] | None = None,
    uncompiled: bool = False,
    back_end: BackEnd | None = None,
) -> "InProcessCapture":
    """Read named values out of functions that run inside a `with` block, without an edit of them.

    >>> with nbtrace.capture("port.toml", pixel=(20, 11)) as captured:      # doctest: +SKIP
    ...     image = port.image(slow, fast)
    >>> captured.save("py.log")                                             # doctest: +SKIP
    >>> captured.certify(image, port.image(slow, fast))                     # doctest: +SKIP

    Parameters
    ----------
    probes : str, Path, mapping or ProbeFile
        A probe file, or what one holds. `function = "MODULE:NAME"` names a function of a module, `NAME` alone one of
        the calling module or notebook.
    pixel : (int, int), optional
        The selected pixel, slow and fast.
    at : mapping of str to int, optional
        The selected turn of other loops; without it every turn is captured.
    uncompiled : bool, optional
        Inside the block, functions of torch.compile run as Python.
    back_end : BackEnd, optional
        By default the best that this Python has.

    Raises
    ------
    IncompleteError
        At the end of the block, if a probe was not reached, a value cannot be read, or a function runs compiled.
    UsageError
        If a probe stands nowhere, or something else traces this process.
    """
    file = _probe_file(probes)
    names = sys._getframe(1).f_globals
    return InProcessCapture(file, _selected(file, pixel, at), names, uncompiled=uncompiled, back_end=back_end)


class InProcessCapture:
    """Values read while a block ran.

    Attributes
    ----------
    hits : tuple of Hit
        In the order in which the functions came to the probes; empty until the block has ended.
    """

    def __init__(
        self,
        file: ProbeFile,
        at: Mapping[str, int],
        names: Mapping[str, Any],
        *,
        uncompiled: bool = False,
        back_end: BackEnd | None = None,
    ) -> None:
        self._file, self._at, self._back_end = file, at, back_end
        refuse_foreign(file)
        given = given_indices(file, at)
        self._places = {str(probe.number): _place(probe, names, given) for probe in file.probes}
        self._uncompiled = uncompiled
        self._held = ExitStack()
        self._run: BackEndRun | None = None
        self.hits: tuple[Hit, ...] = ()

    def __enter__(self) -> Self:
        if not self._uncompiled and were_compiled():
            raise UsageError(
                "torch.compile has compiled functions in this process, whose Python does not run again: call "
                "torch._dynamo.reset() before the capture, or capture with uncompiled=True"
            )
        with ExitStack() as held:
            if self._uncompiled:
                held.enter_context(_eager())
            self._folder = Path(held.enter_context(tempfile.TemporaryDirectory(prefix="nbtrace-")))
            plan = {
                **run_plan(self._file, self._at, (), self._places, uncompiled=self._uncompiled),
                "events": str(self._folder),
                "back_end": self._back_end.value if self._back_end else "",
            }
            self._capture = ProcessCapture(json.loads(json.dumps(plan)))
            self._started, self._clock = datetime.now(UTC), time.monotonic()
            self._held = held.pop_all()
        self._capture.begin(at_exit=False)
        return self

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, _: TracebackType | None) -> None:
        self._capture.end()
        self._capture.log.close()
        with self._held:
            ended = ProgramRun(("python",), self._started, time.monotonic() - self._clock, 0)
            if kind is not None:
                return
            self._run = read_events(self._folder, ended, self._file)
        if self._run.flooded:
            raise IncompleteError("there were more hits than are taken; select a turn of a loop")
        self.certificate.require_values()
        self.hits = tuple(replace(hit, at=dict(self._at)) for hit in self._run.hits)

    @property
    def certificate(self) -> Certificate:
        """What was reached; :meth:`certify` adds that the capture changed nothing."""
        return self._certificate({}, {})

    @property
    def quantities(self) -> tuple[str, ...]:
        """Names of the captured quantities, in the order of the trace."""
        return tuple(dict.fromkeys(value.quantity for hit in self.hits for value in hit.values))

    @property
    def values(self) -> tuple[tuple[Hit, CapturedValue], ...]:
        """Every value with its hit, in the order in which the functions came to them."""
        return tuple((hit, value) for hit in self.hits for value in hit.values)

    @property
    def text(self) -> str:
        """The trace as a log, in the trace format."""
        run = self._ended()
        selection = self._file.selection
        header = selection.header.format(**self._at) if selection.header and self._at else ""
        lines = [f"captured in this process by {run.back_end.value} {run.version}", f"{len(self.hits)} hits"]
        return log_text(self.hits, self._file.prefix, provenance=lines, header=header)

    @property
    def trace(self) -> Trace:
        """The trace, as `nbtrace.diff` and its like take it."""
        return parse_trace(self.text)[0]

    def save(self, path: str | Path, *, force: bool = False) -> None:
        """Write the trace to a file.

        Raises
        ------
        UsageError
            If it exists, and not `force`.
        """
        write_new(Path(path), self.text, force=force)

    def certify(self, captured: object, plain: object, name: str = "result") -> Certificate:
        """Hold what the functions gave inside the block against what they give without a capture, bit for bit.

        Parameters
        ----------
        captured, plain : array, tensor, number, text, or list, tuple or dict of such
            The results.
        name : str, optional
            What messages call them.

        Raises
        ------
        PerturbedError
            If they differ.
        UsageError
            If they are of a kind that has no bytes to compare, or hold nothing: that nothing is the same shows nothing.
        """
        if not (_holds_something(plain) and _holds_something(captured)):
            raise UsageError(
                f"{name} holds nothing to compare; give what the functions computed, with the capture and without"
            )
        certificate = self._certificate({name: _digest(plain)}, {name: _digest(captured)})
        if not certificate.same:
            raise PerturbedError(f"{name} is not the same with the capture and without, bit for bit")
        return certificate

    def _certificate(self, plain: Mapping[str, str], captured: Mapping[str, str]) -> Certificate:
        run = self._ended()
        probes = tuple(
            ProbeHits(probe.words, run.counts[probe.number], probe.optional, run.unread.get(probe.number, ""))
            for probe in self._file.probes
        )
        return Certificate(compared_outputs(plain, captured), probes, None, "", "", len(plain))

    def _ended(self) -> BackEndRun:
        if self._run is None:
            raise UsageError("nothing is captured until the block of `with nbtrace.capture(...)` has ended")
        return self._run


def _probe_file(probes: str | Path | Mapping[str, Any] | ProbeFile) -> ProbeFile:
    if isinstance(probes, ProbeFile):
        return probes
    if isinstance(probes, Mapping):
        return probes_of({"prefix": _PREFIX, **probes})
    return read_probe_file(Path(probes))


def _selected(file: ProbeFile, pixel: tuple[int, int] | None, at: Mapping[str, int] | None) -> dict[str, int]:
    names = file.selection.pixel
    chosen = dict(at or {})
    if pixel is not None:
        if names is None:
            raise UsageError("pixel: the probes name no pixel (select.pixel)")
        chosen.update(zip(names, pixel, strict=True))
    missing = [name for name in names or () if name not in chosen]
    if missing:
        raise UsageError("no pixel: say which one is captured, pixel=(SLOW, FAST)")
    return chosen


def _eager() -> Any:
    """Return what makes compiled functions run as Python inside a block."""
    torch = sys.modules.get("torch")
    if torch is None:
        return ExitStack()
    stance = getattr(getattr(torch, "compiler", None), "set_stance", None)
    if stance is None:
        raise UsageError("uncompiled=True needs PyTorch 2.6; set TORCH_COMPILE_DISABLE=1 before Python starts")
    return stance("force_eager")


# --- where the probes stand ------------------------------------------------------------------------------------------


def _place(probe: Probe, names: Mapping[str, Any], given: Mapping[str, int]) -> dict[str, Any]:
    """Return the place of a probe, as a plan has it.

    Raises
    ------
    UsageError
        If it is nowhere.
    """
    place = probe.place
    try:
        if place.line is not None:
            file = _loaded_file(place.line[0])
            span = find(_source(file, None), WantedPlace(line=place.line[1]), Path(file).name)
        else:
            file, span = _place_in_function(place, names)
        check_names(probe_plan(probe), {"given": given}, set(span.names))
    except (PlaceError, ForbiddenError) as error:
        raise UsageError(f"{probe.words}: {error}") from None
    return {"file": file, **span._asdict()}


def _place_in_function(place: Place, names: Mapping[str, Any]) -> tuple[str, Any]:
    module, _, name = (place.function or "").rpartition(":")
    owner = _module_names(module) if module else names
    if name == MODULE:
        raise PlaceError("a module runs when it is loaded, before the capture; name a function")
    function = _function(owner, name)
    code, source = function.__code__, _source(function.__code__.co_filename, function.__globals__)
    qualified = code.co_qualname.replace("<locals>.", "")
    wanted = WantedPlace(qualified, place.after or "", place.before or "", place.loop or "", 0, place.text or "")
    span = find(source, wanted, Path(code.co_filename).name)
    if code.co_firstlineno not in span.starts:
        raise PlaceError(f"the source of {name} has changed since it was loaded")
    return code.co_filename, span


def _module_names(name: str) -> Mapping[str, Any]:
    try:
        return vars(importlib.import_module(name))
    except ImportError as error:
        raise PlaceError(f"there is no module {name} ({error})") from None


def _function(names: Mapping[str, Any], name: str) -> Any:
    first, *rest = name.split(".")
    if first not in names:
        raise PlaceError(f"there is no {first} here; write MODULE:{name} for a function of a module")
    found = names[first]
    for part in rest:
        found = inspect.getattr_static(found, part, None)
    for _ in range(20):
        if how := kind_of(found):
            raise PlaceError(f"{how} compiles {name}, so that its Python does not run")
        if isinstance(getattr(found, "__code__", None), CodeType) and not hasattr(found, "__wrapped__"):
            break
        found = next((getattr(found, inner) for inner in _UNWRAPPED if hasattr(found, inner)), None)
    if found is None or not hasattr(found, "__code__"):
        raise PlaceError(f"{name} is no function of Python")
    return found


def _loaded_file(name: str) -> str:
    """Return the file of a loaded module, by the end of its path."""
    found = {
        str(file)
        for module in list(sys.modules.values())
        if (file := getattr(module, "__file__", None))
        and Path(file).parts[-len(Path(name).parts) :] == Path(name).parts
    }
    if len(found) != 1:
        raise PlaceError(f"{'no' if not found else 'more than one'} loaded module is of a file {name}")
    return found.pop()


def _source(file: str, names: Mapping[str, Any] | None) -> str:
    lines = linecache.getlines(file, dict(names) if names is not None else None)
    if not lines:
        raise PlaceError(f"the source {file} is not there")
    return "".join(lines)


# --- results, bit for bit --------------------------------------------------------------------------------------------


def _digest(value: object) -> str:
    digest = hashlib.sha256()
    for part in _bytes_of(value):
        digest.update(part)
    return digest.hexdigest()


def _holds_something(value: Any) -> bool:
    """Tell whether there is a number or a text in a value."""
    if isinstance(value, Mapping):
        return any(map(_holds_something, value.values()))
    if isinstance(value, (list, tuple)):
        return any(map(_holds_something, value))
    return value is not None and 0 not in getattr(value, "shape", ())


def _bytes_of(value: Any) -> Any:
    """Yield what a value is made of, types and shapes included.

    Raises
    ------
    UsageError
        If it is of a kind that has none.
    """
    if value is None or isinstance(value, (bool, int, float, complex, str, bytes)):
        yield f"{type(value).__name__} {value.hex() if isinstance(value, float) else value!r};".encode()
    elif isinstance(value, (list, tuple)):
        yield f"{type(value).__name__} {len(value)};".encode()
        for item in value:
            yield from _bytes_of(item)
    elif isinstance(value, Mapping):
        yield f"mapping {len(value)};".encode()
        for key, item in value.items():
            yield from _bytes_of(key)
            yield from _bytes_of(item)
    elif hasattr(value, "dtype") and hasattr(value, "shape"):
        yield from _bytes_of_array(value)
    else:
        raise UsageError(f"a {type(value).__name__} has no bytes to compare; give arrays or numbers")


def _bytes_of_array(value: Any) -> Any:
    yield f"{value.dtype} {tuple(value.shape)};".encode()
    if hasattr(value, "detach"):
        flat = value.detach().cpu().contiguous().reshape(-1)
        yield flat.view(sys.modules["torch"].uint8).numpy().tobytes()
    else:
        yield value.tobytes()
