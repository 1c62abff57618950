"""A capture of a Python program from beginning to end, with the certificate that every capture has."""

from collections.abc import Mapping, Sequence
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING

from nbtrace.capturing.back_end_run import BackEndRun
from nbtrace.capturing.capture_request import CaptureRequest
from nbtrace.capturing.capture_result import CaptureResult
from nbtrace.capturing.launch import Launch
from nbtrace.capturing.plain_run import KnownRun, RunOutput, run_plain
from nbtrace.capturing.private_folder import PrivateFolder
from nbtrace.capturing.probe_faults import Fault, refuse_faults
from nbtrace.capturing.python_command import PythonCommand
from nbtrace.capturing.python_run import UNCOMPILED, find_places, run_captured_python, steady_variables
from nbtrace.capturing.session import CaptureSession
from nbtrace.errors import ProgramError, UsageError
from nbtrace.progress import stage

if TYPE_CHECKING:
    from nbtrace.capturing.injection import ProbedWrite


class PythonCaptureSession(CaptureSession):
    """Runs of one Python program with the same arguments."""

    def __init__(self, request: CaptureRequest, folder: PrivateFolder, command: PythonCommand) -> None:
        super().__init__(request, folder)
        if request.build is not None:
            raise UsageError("--build is of compiled programs; a Python program is captured from as it is")
        script = command.script
        if script is not None and not (request.folder / script).exists():
            raise ProgramError(f"there is no program {script}")
        self._command = command
        self._main: Path | None = None
        self._uncompiled: Mapping[str, str] = UNCOMPILED if request.uncompiled else {}

    def capture(self, output: Path | None = None, known: Sequence[KnownRun] = ()) -> CaptureResult:
        """Run the program plain and captured; of a program that is not compiled at the user's word, compiled, too."""
        result = replace(super().capture(output, known), file=self._main)
        plain = self._plain
        if not self._uncompiled or plain is None:
            return result
        self._uncompiled = {}
        compiled = self._plain_run(self.request.program, "compiled run").digests
        self._uncompiled = UNCOMPILED
        stable = {item.name for item in result.certificate.same}
        return replace(
            result,
            compiled_otherwise=tuple(sorted(name for name in stable if compiled.get(name) != plain.digests[name])),
        )

    @property
    def name(self) -> str:
        """What messages call the program."""
        return self._command.name

    def _file_of(self, program: Path) -> Path:
        return self._main or program

    def _chosen_build(self) -> Path:
        refuse_faults(self._faults(self.request.program), self.request.probes, of_the_build=True)
        return self.request.program

    def _faults(self, program: Path) -> tuple[Fault, ...]:
        launch = Launch(program, self.request.arguments, self.request.folder, self._work / "check")
        found = find_places(launch, self._command, self.request.probes, self.request.at)
        self._main = Path(found["main"]) if found["main"] else None
        return tuple(Fault(int(number), None, "place", text) for number, text in found["faults"].items())

    def _plain_run(self, program: Path, what: str) -> RunOutput:
        streams = self._streams()
        self._folder.make()
        variables = {**self.request.variables, **steady_variables(), **self._uncompiled}
        with stage(what):
            run = run_plain(
                program, self.request.arguments, self._folder.path, streams, self.request.seconds, variables
            )
        return RunOutput(run, streams, self._folder.written())

    def _captured_run(self, writes: Sequence["ProbedWrite"] = ()) -> tuple[RunOutput, BackEndRun]:
        streams = self._streams()
        self._folder.make()
        launch = Launch(
            self.request.program,
            self.request.arguments,
            self._folder.path,
            self._work / "python",
            self.request.seconds,
        )
        with stage("captured run" if not writes else "run with values injected"):
            done = run_captured_python(
                launch,
                self._command,
                self.request.probes,
                self.request.at,
                streams,
                writes,
                variables={**self.request.variables, **self._uncompiled},
            )
        return RunOutput(done.run, streams, self._folder.written()), done
