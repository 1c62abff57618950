"""The reference run with other flags: what a difference of configuration comes to, asked of the program itself.

It takes no debugger: the final number is read from a trace that the program prints, else from its image.
"""

from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

from nbtrace.capturing.capture_request import CaptureRequest
from nbtrace.capturing.image_pixels import as_stored, image_name, pixel_value
from nbtrace.capturing.launch import Streams
from nbtrace.capturing.plain_run import STDERR, STDOUT, RunOutput, run_plain
from nbtrace.capturing.private_folder import PrivateFolder, private_folder
from nbtrace.capturing.probe import ImageCheck
from nbtrace.compare.scene import constants_of, scene
from nbtrace.explanation.audit.findings import AuditStatus
from nbtrace.explanation.audit.roots import Root
from nbtrace.explanation.explain import Explanation
from nbtrace.explanation.proof import ChangedFlag, FlagChange, ImageNumbers, NotTried
from nbtrace.parsers import parse_trace
from nbtrace.progress import stage
from nbtrace.proving.injected_values import UntriedError
from nbtrace.proving.proof_goal import ProofGoal
from nbtrace.records import Side
from nbtrace.vocabulary.vocabulary import Vocabulary

_MOST_READ = 2**24
"""Bytes of what the program prints in which a trace is looked for."""

_ROUNDING = {"float32": 2.0**-23, "float64": 2.0**-52}


def flag_change(result: Explanation, roots: Sequence[Root], arguments: Sequence[str]) -> FlagChange | None:
    """Return arguments of the reference that give it the candidate's values of some roots; None where none do.

    Parameters
    ----------
    result : Explanation
    roots : sequence of Root
        Configuration values that the sides have apart, or quantities that are configured.
    arguments : sequence of str
        What the reference is run with.
    """
    words, width = tuple(arguments), 0
    flags: list[ChangedFlag] = []
    for root in roots:
        step = _one_change(result, root, words)
        if step is None:
            return None
        words, width = step.arguments, step.image_width
        flags += step.flags
    return FlagChange(words, tuple(flags), width) if flags else None


def _one_change(result: Explanation, root: Root, arguments: Sequence[str]) -> FlagChange | None:
    """Return arguments with the candidate's value of one root: as it is logged, else as a run of a simulator has it."""
    if root.side is Side.C or root.status is AuditStatus.LOG_ONLY:
        return None
    theirs, physics = result.audit.effective[Side.PY], result.audit.physics
    told = {
        finding.node.name: theirs[finding.node]
        for finding in root.findings
        if not finding.node.place and finding.node in theirs
    }
    needed = {item.name: item.py.numbers for item in root.settings} if root.settings else told
    change = physics.changed_flags(arguments, needed, told)
    if change is None and root.run is not None and root.run.side is Side.PY and not root.run.change.mends:
        return physics.flags_of_change(arguments, root.run.change)
    return change


class FlagRuns:
    """Runs of one program with several sets of flags."""

    def __init__(self, request: CaptureRequest, folder: PrivateFolder, vocabulary: Vocabulary) -> None:
        self._request, self._folder, self._vocabulary = request, folder, vocabulary
        self._runs: dict[tuple[str, ...], RunOutput] = {}

    def run(self, arguments: tuple[str, ...]) -> RunOutput:
        """Return what the program writes with some arguments; it runs once with the same ones.

        Raises
        ------
        ProgramError
            If it fails.
        """
        if arguments not in self._runs:
            work = self._folder.kept / f"flags{len(self._runs)}"
            work.mkdir(parents=True)
            streams = Streams(self._request.stdin or Path("/dev/null"), work / STDOUT, work / STDERR)
            self._folder.make()
            with stage("plain run" if arguments == self._request.arguments else "run with other flags"):
                ended = run_plain(
                    self._request.program,
                    arguments,
                    self._folder.path,
                    streams,
                    self._request.seconds,
                    self._request.variables,
                )
            done = RunOutput(ended, streams, self._folder.written())
            done.require(self._request.program.name, stdin_given=self._request.stdin is not None)
            self._runs[arguments] = done
        return self._runs[arguments]

    def numbers(self, run: RunOutput, arguments: Sequence[str], width: int) -> "FinalNumbers":
        """Return what a run gives of the final quantities.

        Raises
        ------
        InputError
            If the image does not hold the selected pixel.
        UntriedError
            If the run gives none.
        """
        check, at = self._request.probes.image, self._request.pixel
        path = None if check is None else run.written.files.get(image_name(check, arguments))
        pixel = None
        if check is not None and at is not None and path is not None:
            pixel = pixel_value(path, check, width, at)
        printed = self._printed(run)
        if not printed and pixel is None:
            raise UntriedError(NotTried.NO_NUMBER, "the program prints no trace, and no pixel of its image is known")
        return FinalNumbers(printed, pixel)

    def _printed(self, run: RunOutput) -> Mapping[str, float]:
        """Return the final quantities of a trace that a run prints; empty where it prints none."""
        with run.streams.stdout.open("rb") as stream:
            text = stream.read(_MOST_READ).decode(errors="replace")
        traces = [item for item in parse_trace(text, STDOUT, vocabulary=self._vocabulary) if item.records]
        if not traces or not traces[0].blocks:
            return {}
        values = scene(traces[0], Side.C, constants_of(self._vocabulary), traces[0].blocks[0]).values
        finals = self._vocabulary.finals
        return {
            node.name: value[0]
            for node, value in values.items()
            if node.name in finals and not node.place and len(value) == 1
        }


@dataclass(frozen=True)
class FinalNumbers:
    """What a run gives of the final quantities.

    Attributes
    ----------
    printed : mapping of str to float
        In a trace that it prints.
    pixel : float or None
        The selected pixel of its image.
    """

    printed: Mapping[str, float]
    pixel: float | None

    def of(self, name: str) -> float | None:
        """Return a final quantity: as printed, else what the image holds, of whatever name."""
        return self.printed.get(name) if self.printed else self.pixel


@contextmanager
def flag_runs(request: CaptureRequest, vocabulary: Vocabulary) -> Iterator[FlagRuns]:
    """Have runs of a program, in a private folder that goes with all that they wrote when they end."""
    with private_folder(request.folder, request.arguments) as folder:
        yield FlagRuns(request, folder, vocabulary)


def rounding_of(check: ImageCheck | None) -> float:
    """Return the relative rounding of a pixel of an image."""
    return 0.0 if check is None else _ROUNDING[check.dtype]


def image_numbers(
    check: ImageCheck | None, arguments: Sequence[str], runs: tuple[FinalNumbers, FinalNumbers], goal: ProofGoal
) -> ImageNumbers | None:
    """Return the pixel in the images of both runs beside the number that it should be; None where they have none."""
    before, after = (numbers.pixel for numbers in runs)
    if check is None or before is None or after is None:
        return None
    holds = as_stored(goal.before, check) == before
    return ImageNumbers(image_name(check, arguments), before, after, as_stored(goal.target, check) if holds else None)
