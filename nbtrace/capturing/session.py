"""A capture from beginning to end: a plain run, a captured one, the certificate, and runs with values injected.

:func:`captured_run` and :func:`injected_run` do it in one call; a :class:`CaptureSession` keeps what its runs wrote,
for several injections after one plain run.
"""

import os
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from pathlib import Path

from nbtrace.capturing.back_end import BackEnd
from nbtrace.capturing.back_end_run import BackEndRun
from nbtrace.capturing.capture_request import CaptureRequest
from nbtrace.capturing.capture_result import CaptureResult, InjectedRun, WrittenValue
from nbtrace.capturing.certificate import Certificate, ImagePixelCheck, OutputState, ProbeHits, compared_outputs
from nbtrace.capturing.gdb_run import (
    TracepointsDeclinedError,
    check_places,
    has_tracepoints,
    require_gdb,
    run_captured,
)
from nbtrace.capturing.image_pixels import ImageMoves, as_stored, image_name, moved_pixels, pixel_value
from nbtrace.capturing.injection import Injection, ProbedWrite, placed_write
from nbtrace.capturing.launch import Launch, Streams
from nbtrace.capturing.plain_run import STDERR, STDOUT, KnownRun, RunOutput, run_plain
from nbtrace.capturing.private_folder import PrivateFolder, private_folder
from nbtrace.capturing.probe import ProbeFile
from nbtrace.capturing.probe_faults import Fault, refuse_faults
from nbtrace.capturing.program_file import require_program
from nbtrace.capturing.python_command import python_command
from nbtrace.capturing.twin import built_twin
from nbtrace.errors import IncompleteError, PerturbedError, ProgramError, UsageError
from nbtrace.files import sha256_of
from nbtrace.progress import stage

MOST_PLAIN = 4
"""Plain runs, those that others made aside, after which what capture seems to change is taken to be changed by it."""


def captured_run(request: CaptureRequest, output: Path | None = None) -> CaptureResult:
    """Run a program plain and captured, and return the values with a certificate that holds.

    Parameters
    ----------
    request : CaptureRequest
    output : Path, optional
        A folder that does not exist, for what the captured run writes.

    Raises
    ------
    IncompleteError
        If a probe was not reached or a value cannot be read; the message has the remedy.
    PerturbedError
        If the program, or a twin of it, writes something else than in its plain run.
    ProgramError
        If the program fails, or gdb is missing or may not trace.
    UsageError
        If the probes do not fit the program.
    """
    with capture_session(request) as session:
        return session.capture(output)


def injected_run(request: CaptureRequest, injections: Sequence[Injection], output: Path | None = None) -> InjectedRun:
    """Run a program plain, captured and with values written into it, and return what the values moved.

    The capture is made and certified first, so that whatever moves is moved by the values alone. For several
    injections one after the other use :func:`capture_session`, which makes the first two runs once:

    >>> with capture_session(request) as session:                        # doctest: +SKIP
    ...     before = session.capture()
    ...     injected = session.inject([Injection("hkl_frac", (1.0, 2.0, 3.0), {"phi_tic": 0})])
    ...     injected.image.selected.after, injected.image.only_selected

    Parameters
    ----------
    request : CaptureRequest
    injections : sequence of Injection
        Each names a quantity of a probe, and turns of the loops in its index; it is written over the program's
        variables at that probe, before the probe reads them, in the selected turn: once, or with `every` at each hit.
    output : Path, optional
        A folder that does not exist, for what the run writes.

    Raises
    ------
    IncompleteError
        If a value was never written: the place was not reached.
    IncompleteError, PerturbedError, ProgramError, UsageError
        As :func:`captured_run` does; UsageError also for a quantity that is computed and can only be read.
    """
    with capture_session(request) as session:
        session.capture()
        return session.inject(injections, output)


@contextmanager
def capture_session(request: CaptureRequest) -> Iterator["CaptureSession"]:
    """Have a session, whose private folder goes with all that its runs wrote when it ends.

    Raises
    ------
    ProgramError
        If gdb is missing.
    UsageError
        If the program is none that gdb can run, an argument holds an end of a line, or the folder cannot be copied.
    """
    python = python_command(request.program, request.arguments)
    if python is None:
        _require_loops(request.probes)
        if any("\n" in word for word in request.arguments):
            raise UsageError("an argument of the program holds an end of a line, which gdb cannot hand on")
        require_gdb()
        require_program(request.program)
    elif request.back_end is not None:
        raise UsageError("--back-end is of compiled programs; a Python program is captured from by its interpreter")
    with private_folder(request.folder, request.arguments) as folder:
        if python is None:
            yield CaptureSession(request, folder)
        else:
            from nbtrace.capturing.python_session import PythonCaptureSession  # noqa: PLC0415 - it is a kind of session

            yield PythonCaptureSession(request, folder, python)


class CaptureSession:
    """Runs of one program with the same arguments.

    Attributes
    ----------
    request : CaptureRequest
    plain_runs : list of KnownRun
        The plain runs that the output of a capture was held against; those that were known are the first.
    """

    def __init__(self, request: CaptureRequest, folder: PrivateFolder) -> None:
        self.request = request
        self.plain_runs: list[KnownRun] = []
        self._folder = folder
        self._work = folder.kept
        self._count = 0
        self._plain: RunOutput | None = None
        self._captured_from: Path = request.program
        self._width: int | None = None
        self._declined = ""

    def capture(self, output: Path | None = None, known: Sequence[KnownRun] = ()) -> CaptureResult:
        """Run the program plain, unless such runs are `known`, and captured; see :func:`captured_run`."""
        self._captured_from = self._chosen_build()
        twin = self._captured_from != self.request.program
        self.plain_runs = list(known) or [self._first_run(output)]
        plain_digests = self.plain_runs[0].digests
        captured, gdb = self._captured_run()
        if gdb.back_end is BackEnd.TRACEPOINTS and self._is_doubtful(captured, plain_digests, twin=twin):
            self._declined = "with them the program did something else than in its plain run"
            captured, gdb = self._captured_run()
        self._keep_on_failure(captured, output, captured=True)
        again, runs = self._again(plain_digests, captured.digests, twin=twin)
        self._width = gdb.width
        certificate = Certificate(
            compared_outputs(plain_digests, captured.digests, again),
            tuple(self._probe_hits(gdb)),
            self._image_check(gdb, captured),
            sha256_of(self._file_of(self.request.program)),
            sha256_of(self._file_of(self._captured_from)),
            runs,
        )
        self._require(certificate, gdb)
        self._keep(captured, output)
        return CaptureResult(
            self.request,
            certificate,
            gdb.hits,
            gdb.back_end,
            gdb.version,
            twin,
            self.plain_runs[0].seconds,
            captured.run.wall_seconds,
            output,
            _printed(captured.streams.stdout),
            captured.written.in_place,
            gdb.producer,
            arrivals=gdb.arrivals,
            declined=self._declined,
        )

    def inject(self, injections: Sequence[Injection], output: Path | None = None) -> InjectedRun:
        """Run the program with values written into it, after :meth:`capture`; see :func:`injected_run`."""
        plain = self._plain
        if plain is None:
            raise UsageError("an injection is held against a plain run: call capture() first")
        if plain.written.in_place:
            raise UsageError(
                f"the program writes {plain.written.in_place[0]} outside of its private folder, where an injected run "
                "would replace it; let it write into the current folder"
            )
        writes = [placed_write(injection, self.request.probes) for injection in injections]
        run, gdb = self._captured_run(writes)
        run.require(self.name, stdin_given=self.request.stdin is not None, captured=True)
        written = tuple(
            WrittenValue(injections[item.write], _floats(item.before), _floats(item.after)) for item in gdb.written
        )
        done = {item.write for item in gdb.written}
        for number, injection in enumerate(injections):
            if number not in done:
                probe = writes[number].probe
                why = gdb.unread.get(probe.number, "the place was never reached in the selected turn")
                raise IncompleteError(f"{injection.words} was not written: {probe.words}: {why}")
        before, after = plain.digests, run.digests
        changed = tuple(name for name in sorted({*before, *after}) if before.get(name) != after.get(name))
        image = self._image_moves(plain, run)
        self._keep(run, output)
        return InjectedRun(self.request, written, image, changed, gdb.hits, output, after)

    @property
    def name(self) -> str:
        """What messages call the program."""
        return self.request.program.name

    def _file_of(self, program: Path) -> Path:
        """Return the file whose digest says which program it is."""
        return program

    def _first_run(self, output: Path | None) -> KnownRun:
        plain = self._plain_run(self.request.program, "plain run")
        self._plain = plain
        self._keep_on_failure(plain, output)
        return KnownRun(plain.digests, plain.run.wall_seconds)

    def _chosen_build(self) -> Path:
        return self.request.captured_from or chosen_build(self.request, self._work)

    def _plain_run(self, program: Path, what: str) -> RunOutput:
        streams = self._streams()
        self._folder.make()
        with stage(what):
            run = run_plain(
                program,
                self.request.arguments,
                self._folder.path,
                streams,
                self.request.seconds,
                self.request.variables,
            )
        return RunOutput(run, streams, self._folder.written())

    def _captured_run(self, writes: Sequence[ProbedWrite] = ()) -> tuple[RunOutput, BackEndRun]:
        if not writes and self._takes_tracepoints():
            try:
                return self._run_by(BackEnd.TRACEPOINTS)
            except TracepointsDeclinedError as error:
                self._declined = str(error)
        return self._run_by(BackEnd.GDB, writes)

    def _takes_tracepoints(self) -> bool:
        """Tell whether to read by tracepoints: they pay where hits are many, and stop the program in every turn."""
        asked = self.request.back_end
        if asked is None:
            return not self.request.at and not self._declined and has_tracepoints()
        return asked is BackEnd.TRACEPOINTS and not self._declined

    def _is_doubtful(self, run: RunOutput, plain: Mapping[str, str], *, twin: bool) -> bool:
        """Tell whether breakpoints had better say what a run by tracepoints did."""
        if run.run.failed:
            return run.run.overran is None
        again, _ = self._again(plain, run.digests, twin=twin)
        return any(item.state is OutputState.CHANGED for item in compared_outputs(plain, run.digests, again))

    def _run_by(self, back_end: BackEnd, writes: Sequence[ProbedWrite] = ()) -> tuple[RunOutput, BackEndRun]:
        streams = self._streams()
        self._folder.make()
        launch = Launch(
            self._captured_from,
            self.request.arguments,
            self._folder.path,
            self._work / "gdb",
            self.request.seconds,
            self.request.variables,
        )
        with stage("captured run" if not writes else "run with values injected"):
            gdb = run_captured(launch, self.request.probes, self.request.at, streams, writes, back_end)
        return RunOutput(gdb.run, streams, self._folder.written()), gdb

    def _streams(self) -> Streams:
        self._count += 1
        work = self._work / f"streams{self._count}"
        work.mkdir(parents=True)
        (work / STDOUT).touch()
        (work / STDERR).touch()
        stdin = self.request.stdin.absolute() if self.request.stdin is not None else Path(os.devnull)
        return Streams(stdin, work / STDOUT, work / STDERR)

    def _again(
        self, plain: Mapping[str, str], captured: Mapping[str, str], *, twin: bool
    ) -> tuple[Mapping[str, str] | None, int]:
        """Return what further plain runs write, and how many there were, where the first and the captured one differ.

        Of what differs between plain runs, what it was in one that differs. They are made until all that capture seems
        to change is known to do so by itself, or there is no doubt.
        """
        if plain == captured:
            return None, 1
        again, runs = dict(plain), 1
        changed = _differing(plain, captured)
        known = len(self.plain_runs)
        while changed and runs < known + MOST_PLAIN - 1:
            run = self._nth_run(runs)
            runs += 1
            for name in _differing(plain, run):
                again.pop(name, None)
                again.update({name: run[name]} if name in run else {})
            changed -= _differing(plain, again)
        if not (twin and changed):
            return again, runs
        own = self._plain_run(self._captured_from, "plain run of the twin").digests
        differs = sorted(_differing(plain, own) - _differing(plain, again))
        if differs:
            raise PerturbedError(
                f"the twin is another program: without capture it writes {', '.join(differs[:5])} otherwise than "
                f"{self.request.program.name} does; build it with the same sources and options, and -O0 -g -no-pie"
            )
        return again, runs

    def _nth_run(self, number: int) -> Mapping[str, str]:
        """Return what a plain run wrote, which is made now if there was none of that number."""
        if number == len(self.plain_runs):
            run = self._plain_run(self.request.program, "further plain run")
            self.plain_runs.append(KnownRun(run.digests, run.run.wall_seconds))
        return self.plain_runs[number].digests

    def _probe_hits(self, gdb: BackEndRun) -> Iterator[ProbeHits]:
        for probe in self.request.probes.probes:
            unread = gdb.unread.get(probe.number, "")
            yield ProbeHits(probe.words, gdb.counts.get(probe.number, 0), probe.optional, unread)

    def _require(self, certificate: Certificate, gdb: BackEndRun) -> None:
        if gdb.forks:
            raise IncompleteError(
                f"{self.name} starts {gdb.forks} process{'es' * (gdb.forks > 1)} in which it runs, too, and where "
                "probes are not followed: what is computed there would be missing; no trace was written; capture from "
                "a run that starts none, or from the command that is run there"
            )
        if gdb.flooded:
            raise IncompleteError("there were more than a million hits; select a turn of a loop (--at NAME=NUMBER)")
        for loop, seen in zip(self.request.probes.selection.loops, gdb.seen, strict=False):
            if not seen:
                name = loop.partition(":")[0]
                at = f"{name}={self.request.at[name]}" if name in self.request.at else name
                raise IncompleteError(f"the program came to no turn {at} of its loop; no trace was written")
        certificate.require()

    def _image_check(self, gdb: BackEndRun, run: RunOutput) -> ImagePixelCheck | None:
        check, pixel = self.request.probes.image, self.request.pixel
        if check is None or pixel is None or gdb.width is None:
            return None
        values = [value for hit in gdb.hits for value in hit.values if value.quantity == check.quantity]
        name = image_name(check, self.request.arguments)
        path = run.written.files.get(name)
        if path is None:
            raise IncompleteError(f"the program wrote no {name}, the image that the probes name; no trace was written")
        value = pixel_value(path, check, gdb.width, pixel)
        return ImagePixelCheck(name, check.quantity, pixel, as_stored(float(values[-1].numbers[0]), check), value)

    def _image_moves(self, plain: RunOutput, run: RunOutput) -> ImageMoves | None:
        check = self.request.probes.image
        if check is None or self._width is None:
            return None
        name = image_name(check, self.request.arguments)
        before, after = plain.written.files[name], run.written.files.get(name)
        if after is None:
            raise ProgramError(f"with the value injected the program wrote no {name}")
        return moved_pixels(before, after, check, self._width, self.request.pixel, name)

    def _keep_on_failure(self, run: RunOutput, output: Path | None, *, captured: bool = False) -> None:
        """Refuse a run that failed; what it wrote is kept."""
        try:
            run.require(self.name, stdin_given=self.request.stdin is not None, captured=captured)
        except ProgramError as error:
            if output is None:
                raise
            self._keep(run, output)
            raise ProgramError(f"{error} (what it wrote is in {output})") from None

    @staticmethod
    def _keep(run: RunOutput, output: Path | None) -> None:
        if output is not None:
            run.keep(output)


def _differing(one: Mapping[str, str], other: Mapping[str, str]) -> set[str]:
    return {name for name in {*one, *other} if one.get(name) != other.get(name)}


def _floats(numbers: Sequence[str]) -> tuple[float, ...]:
    return tuple(map(float, numbers))


def chosen_build(request: CaptureRequest, work: Path) -> Path:
    """Return the program to capture from: the given one where all can be read of it, else a twin; nothing is run.

    Parameters
    ----------
    request : CaptureRequest
    work : Path
        A folder for the twin and for gdb's files; the twin is needed as long as it is captured from.

    Raises
    ------
    IncompleteError, ProgramError, UsageError
        As :func:`captured_run` does.
    """
    faults: Sequence[Fault]
    try:
        faults = _faults(request, request.program, work)
    except IncompleteError:
        if request.build is None:
            raise
        faults = ()
    else:
        if not faults:
            return request.program
        refuse_faults(faults, request.probes, of_the_build=request.build is None)
    with stage("building the twin"):
        twin = built_twin(str(request.build), request.program.name, request.folder, work / "twin")
    refuse_faults(_faults(request, twin, work), request.probes, of_the_build=True)
    return twin


def _faults(request: CaptureRequest, program: Path, work: Path) -> tuple[Fault, ...]:
    launch = Launch(program, request.arguments, request.folder, work / "check", 60.0)
    return check_places(launch, request.probes, request.at)


def _printed(path: Path) -> str:
    from nbtrace.capturing.trace_log import MOST_PRINTED  # noqa: PLC0415

    with path.open("rb") as stream:
        return stream.read(MOST_PRINTED).decode(errors="replace")


def _require_loops(file: ProbeFile) -> None:
    """Refuse a pixel that is no turn of loops: only Python programs select an element of their arrays.

    Raises
    ------
    UsageError
        With the name that is no loop.
    """
    for name in file.selection.pixel or ():
        if name not in file.selection.loops:
            raise UsageError(f"{file.path}: select.pixel: {name!r} is none of select.loops")
