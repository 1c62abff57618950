"""`nbtrace sweep`."""

import os
import sys
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from functools import partial
from itertools import product
from pathlib import Path
from typing import Annotated, TypeAlias

import typer

from nbtrace.cli import completed_values
from nbtrace.cli.groups import Outputs, grouped
from nbtrace.cli.harness import chosen_task
from nbtrace.cli.options import (
    ConfigurationName,
    Lenient,
    PolicyFile,
    SimulatorMode,
    Tolerances,
    TracedPixel,
    VocabularyName,
)
from nbtrace.cli.output import Delivery
from nbtrace.cli.panels import OUTPUT, SIMULATOR
from nbtrace.cli.program_flags import flags_after_dashes
from nbtrace.cli.side_labels import two_sided
from nbtrace.cli.tolerances import refuse_misspelt
from nbtrace.compare.sweep import sweep
from nbtrace.compare.sweep_result import Absent, Precision, PrecisionRun, SweepResult
from nbtrace.embedded.recorder import Emit
from nbtrace.errors import UsageError
from nbtrace.parsers import parse_trace, read_trace
from nbtrace.progress import tracked
from nbtrace.records import Pixel, Side
from nbtrace.report.views.sweep_view import sweep_view
from nbtrace.verdicts.tolerance import resolve_policy
from nbtrace.vocabulary import registry
from nbtrace.vocabulary.chosen import Chosen, chosen
from nbtrace.vocabulary.vocabulary import Vocabulary
from nbtrace.writers import trace_text

EXAMPLE = "Example: nbtrace sweep --config supervisor --pixel 685 1039 --reference c.log"

DevicesOption: TypeAlias = Annotated[
    list[str] | None,
    typer.Option(
        "--device",
        metavar="DEVICE",
        help="cpu, cuda or cuda:N, repeatable; by default the CPU, and CUDA where there is one.",
        rich_help_panel=SIMULATOR,
        autocompletion=completed_values.devices,
    ),
]
DtypesOption: TypeAlias = Annotated[
    list[str] | None,
    typer.Option(
        "--dtype",
        metavar="DTYPE",
        help="float64 or float32, repeatable; by default both.",
        rich_help_panel=SIMULATOR,
        autocompletion=completed_values.dtypes,
    ),
]
TracesOption: TypeAlias = Annotated[
    list[str] | None,
    typer.Option(
        "--trace",
        metavar="DTYPE[@DEVICE]=LOG",
        help="A trace that another program made in this precision, repeatable; in place of a configuration.",
    ),
]
ReferenceOption: TypeAlias = Annotated[
    str | None, typer.Option("--reference", metavar="LOG", help="Trace that every run should agree with.")
]


@two_sided
@grouped
def sweep_command(
    ctx: typer.Context,
    *,
    pixel: TracedPixel = None,
    config: ConfigurationName = None,
    lenient: Lenient = False,
    mode: SimulatorMode = None,
    device: DevicesOption = None,
    dtype: DtypesOption = None,
    trace: TracesOption = None,
    reference: ReferenceOption = None,
    brief: Annotated[
        bool, typer.Option("--brief", "-b", help="Leave out what is the same in every run.", rich_help_panel=OUTPUT)
    ] = False,
    tolerance: Tolerances = None,
    policy: PolicyFile = None,
    vocabulary: VocabularyName = None,
    outputs: Outputs,
) -> None:
    """Trace one pixel in every precision and on every device: which quantities move, and how many digits each keeps.

    The embedded simulator makes the traces, from --config or nanoBragg's flags after --; or they are logs of any other
    program (--trace). With --reference, a divergence that shrinks as the precision rises is rounding, and one that
    stays is a defect.

    Exit status: 1 if a divergence from the reference stays.
    """
    to = outputs.destinations(brief=brief)
    words = _words(vocabulary, traced=bool(trace))
    limits = resolve_policy(tolerance or [], policy, Path(), words.vocabulary)
    wanted = _Wanted(
        config, flags_after_dashes(ctx, lenient=lenient), pixel, mode, tuple(device or ()), tuple(dtype or ())
    )
    plan = _recorded(trace, wanted, words.vocabulary) if trace else _computed(wanted)
    inputs = (*plan.inputs, *((reference,) if reference is not None else ()), *words.inputs)
    ran_on, ran_in = ", ".join(plan.devices), ", ".join(plan.dtypes)
    delivery = Delivery("sweep", inputs, to, device=ran_on, dtype=ran_in)
    expected = None if reference is None else read_trace(reference, Side.C, vocabulary=words.vocabulary)
    runs, texts = plan.make()

    from nbtrace.explanation.conditions import conditions  # noqa: PLC0415 - the formulas, which a bad call does not need

    first = min(runs, key=lambda run: run.precision.rounding)
    result = sweep(runs, expected, limits, absent=plan.absent, conditions=conditions(first.trace))
    refuse_misspelt(limits, result.notices)
    view = sweep_view(result, brief=brief)
    raise typer.Exit(delivery.deliver(view, lambda: _document(result), outputs=texts))


def _document(result: SweepResult) -> Mapping[str, object]:
    from nbtrace.report.documents.sweep_document import sweep_document  # noqa: PLC0415 - the models of documents

    return sweep_document(result)


@dataclass(frozen=True)
class _Wanted:
    """What the command line asks the embedded simulator for."""

    config: str | None
    flags: list[str]
    pixel: Pixel | None
    mode: str | None
    devices: tuple[str, ...]
    dtypes: tuple[str, ...]

    @property
    def is_nothing(self) -> bool:
        return not any((self.config, self.flags, self.pixel, self.mode, self.devices, self.dtypes))


@dataclass(frozen=True)
class _Plan:
    """The runs to come: what they read, what they run on, and how they are made, with the files worth keeping."""

    inputs: tuple[str, ...]
    devices: tuple[str, ...]
    dtypes: tuple[str, ...]
    absent: tuple[Absent, ...]
    make: Callable[[], tuple[list[PrecisionRun], dict[str, str]]]


def _words(name: str | None, *, traced: bool) -> Chosen:
    """Return the vocabulary of logs; the embedded simulator prints that of nanoBragg, whatever the project's is."""
    if traced:
        return chosen(name, Path())
    if name is not None:
        raise UsageError("--vocabulary is of logs (--trace); the embedded simulator has its own")
    return Chosen(registry.default())


def _recorded(traces: Sequence[str], wanted: _Wanted, vocabulary: Vocabulary) -> _Plan:
    """Plan to read the logs of another program."""
    if not wanted.is_nothing:
        raise UsageError(
            "--trace takes logs as they are: leave out --config, --pixel, --mode, --device, --dtype and flags"
        )
    named = [_named(text) for text in traces]
    read = partial(read_trace, side=Side.PY, vocabulary=vocabulary)
    logs = [os.path.realpath(log) for _, _, log in named if log != "-"]
    twice = next((log for log in logs if logs.count(log) > 1), None)
    if twice is not None:
        raise UsageError(f"two --trace name the log {os.path.relpath(twice)}; a log always agrees with itself")
    return _Plan(
        tuple(log for _, _, log in named),
        tuple(dict.fromkeys(device for _, device, _ in named)),
        tuple(dict.fromkeys(precision.value for precision, _, _ in named)),
        (),
        lambda: ([PrecisionRun(precision, device, read(log)) for precision, device, log in named], {}),
    )


def _named(text: str) -> tuple[Precision, str, str]:
    """Return precision, device and log of `float32@cuda=LOG`."""
    label, equals, log = text.partition("=")
    dtype, at, device = label.partition("@")
    if not equals or not log or (at and not device):
        raise UsageError(f"--trace {text!r}: give DTYPE=LOG or DTYPE@DEVICE=LOG, as in float32=py.log")
    return _precision(dtype), device or "cpu", log


def _precision(name: str) -> Precision:
    try:
        return Precision(name)
    except ValueError:
        raise UsageError(f"dtype {name!r} is unknown; give {' or '.join(Precision)}") from None


def _computed(wanted: _Wanted) -> _Plan:
    """Plan to run the embedded simulator."""
    precisions = [_precision(name) for name in dict.fromkeys(wanted.dtypes)]
    # Imports the simulator.
    from nbtrace.embedded.choice import Choice, asked_by_environment, devices_there, input_files  # noqa: PLC0415
    from nbtrace.embedded.traces import trace_pixel  # noqa: PLC0415
    from nbtrace.programs.command import require_on_detector  # noqa: PLC0415

    # Each run has a precision of its own, whatever the environment says of single runs.
    asked = None if precisions else asked_by_environment()
    if asked is not None:
        sys.stderr.write(f"NB_PYTORCH_DTYPE is {asked}; a sweep runs in every precision unless --dtype names one\n")
    precisions = precisions or list(Precision)
    given = Choice(wanted.mode, dtype=precisions[0].value)
    task = chosen_task(wanted.config, wanted.flags, given, command="sweep")
    pixel = wanted.pixel or task.pixel
    if pixel is None:
        raise UsageError("no pixel to trace; give --pixel SLOW FAST")
    require_on_detector(task.config.shape_slow_fast, pixel)
    present, not_present = devices_there(wanted.devices)
    files = (*((task.file,) if task.file is not None else ()), *input_files(task.config))

    def make() -> tuple[list[PrecisionRun], dict[str, str]]:
        runs, outputs = [], {}
        plans = list(product(precisions, present))
        for precision, device in tracked(plans, "runs of the simulator", len(plans)):
            config = Choice(None, device, precision.value).applied(task.config)
            traced = trace_pixel(config, pixel, Emit())
            text = trace_text(traced.records, traced.header)
            (trace,) = parse_trace(text, f"{precision.value} {device}")
            runs.append(PrecisionRun(precision, device, trace))
            outputs[f"trace_{precision.value}_{device.replace(':', '')}.log"] = text
        return runs, outputs

    absent = tuple(Absent(name, reason, asked=bool(wanted.devices)) for name, reason in not_present.items())
    return _Plan(tuple(map(str, files)), present, tuple(precisions), absent, make)
