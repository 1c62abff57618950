"""The commands: where each one is, and what the help lists of it. A command's module is loaded when it is called.

What the help says of a command in one line stands here and in its docstring; a test holds the two together.
"""

from collections.abc import Iterator, Mapping
from functools import cache
from importlib import import_module
from typing import Any

from nbtrace.cli.call_under_way import UNNAMED
from nbtrace.cli.panels import COMPARE, EVIDENCE, EXPLAIN, RUN
from nbtrace.frozen import frozen


@frozen
class Entry:
    """A command before it is loaded.

    Attributes
    ----------
    panel : str
        Where the help lists it; empty for one that it does not list.
    place : str
        Module and function, or module and the typer application of a group, as `diff:diff_command`.
    summary : str
        The first paragraph of its help.
    kind : str
        Module and class of the command, as a place.
    example : str
        Name of the constant in its module that ends its help; empty for a group.
    """

    panel: str
    place: str
    summary: str
    kind: str = "command:HelpfulCommand"
    example: str = "EXAMPLE"


_PROGRAM = "program_flags:ProgramCommand"

TABLE: Mapping[str, Entry] = {
    "diff": Entry(
        COMPARE,
        "diff:diff_command",
        "Compare two traces: the first quantity that diverges, ratios Py/C, a status for each quantity.",
    ),
    "phi": Entry(
        COMPARE,
        "phi:phi_command",
        "Compare two traces step by step along φ: Δk, ΔF_latt_b, ΔF_latt, the first bad step.",
    ),
    "steps": Entry(
        COMPARE,
        "phi:steps_command",
        "Compare two traces turn by turn along a loop: what differs first in each turn, and the first bad turn.",
        example="EXAMPLE_STEPS",
    ),
    "scaling": Entry(
        COMPARE,
        "scaling:scaling_command",
        "Compare the scaling chains, I_before_scaling to I_pixel_final: which factor explains what share of the ratio.",
    ),
    "images": Entry(
        COMPARE,
        "images:images_command",
        "Compare two images: correlation, scale, sums, worst pixels, peaks, shells of resolution.",
        kind="image_options:MaskedImagesCommand",
    ),
    "compare": Entry(
        COMPARE,
        "compare:compare_command",
        "Run the reference and a candidate on the same flags (nanoBragg's, after --); compare images and traces.",
        kind="image_options:MaskedProgramsCommand",
    ),
    "merge": Entry(
        COMPARE,
        "merge:merge_command",
        "Put together the results of a suite that ran in parts: one table, one verdict, one digest.",
    ),
    "suite": Entry(COMPARE, "suite:app", "List the cases of a suite, or print what runs it on a cluster.", example=""),
    "gradients": Entry(
        COMPARE,
        "gradients:gradients_command",
        "Hold derivatives of a pixel, or of the sum of pixels, against the reference: is a port's gradient right.",
        kind=_PROGRAM,
    ),
    "explain": Entry(EXPLAIN, "explain:explain_command", "Say who is wrong, and why, with proof."),
    "check": Entry(
        EXPLAIN,
        "check:check_command",
        "Hold one log against itself: say which relations among its own values it breaks.",
    ),
    "selftest": Entry(
        EXPLAIN,
        "selftest:selftest_command",
        "Make known mistakes in real traces and score how well explain finds, places and names them.",
    ),
    "capture": Entry(
        RUN,
        "capture:capture_command",
        "Read named values out of a running program that prints no trace, and write them as one.",
        kind="capture:CaptureCommand",
    ),
    "harness": Entry(
        RUN,
        "harness:harness_command",
        "Run the embedded simulator on one pixel and write its trace, per-φ trace and provenance.",
        kind=_PROGRAM,
    ),
    "simulate": Entry(
        RUN,
        "simulate:simulate_command",
        "Compute an image with the embedded simulator: nanoBragg's own flags after --, nanoBragg's own output files.",
        kind=_PROGRAM,
        example="EXAMPLE_SIMULATE",
    ),
    "sweep": Entry(
        RUN,
        "sweep:sweep_command",
        "Trace one pixel in every precision and on every device: which quantities move, and how many digits each "
        "keeps.",
        kind=_PROGRAM,
    ),
    "trust": Entry(
        RUN,
        "trust:trust_command",
        "Hold the reference against itself: which pixels and traced quantities move when nothing should move them.",
        kind=_PROGRAM,
    ),
    "reduce": Entry(
        RUN,
        "reduce:reduce_command",
        "Find the smallest command that still fails in the same way, and the nearest one that passes.",
        kind=_PROGRAM,
    ),
    "lint": Entry(
        RUN,
        "simulate:lint_command",
        "List the traps of nanoBragg's flags after -- without running anything, and the canonical command.",
        kind=_PROGRAM,
        example="EXAMPLE_LINT",
    ),
    "init-logging": Entry(
        RUN,
        "init_logging:init_logging_command",
        "Write the one file with which a program prints trace lines, and show the few lines that use it.",
    ),
    "demo": Entry(
        RUN,
        "demo:demo_command",
        "Show the main job on recorded logs and images: each question, its command, and the beginning of the answer.",
    ),
    "bundle": Entry(EVIDENCE, "bundle:app", "Make, fill and verify an evidence folder.", example=""),
    "report": Entry(
        EVIDENCE,
        "report:report_command",
        "Write all results of a bundle as one HTML page that needs nothing but itself.",
    ),
    "history": Entry(EVIDENCE, "history:app", "Keep results over many commits, and a ledger of attempts.", example=""),
    "trend": Entry(
        EVIDENCE,
        "trend:trend_command",
        "Say which quantities lost half a digit of agreement or more, and at which commit.",
    ),
    "bisect": Entry(
        EVIDENCE,
        "bisect:bisect_command",
        "Find the commit that brought the first divergence of BAD, with git bisect run.",
        kind="bisect:BisectCommand",
    ),
    "schema": Entry(
        EVIDENCE,
        "schema:schema_command",
        "Print the JSON schema of a document that a command writes with --json: every key, what it means, its unit.",
    ),
    "help": Entry(
        EXPLAIN,
        "help_word:help_command",
        "Say what a word of a report means: what it is, why it matters, an example, what to do.",
    ),
    "vocabulary": Entry(
        EVIDENCE, "vocabulary:app", "Show, check or draft a vocabulary: names, units and formulas.", example=""
    ),
    UNNAMED: Entry(
        "",
        "answer:answer_command",
        "Do what two inputs call for, and say the answer on one screen.",
        kind="answer:AnswerCommand",
    ),
}
"""By name, in the order in which the help lists them."""


class Commands(Mapping[str, Any]):
    """The commands by name, each loaded when it is asked for; what there is can be told without loading any."""

    def __getitem__(self, name: str) -> Any:
        if name not in TABLE:
            raise KeyError(name)
        return _loaded(name)

    def __iter__(self) -> Iterator[str]:
        return iter(TABLE)

    def __len__(self) -> int:
        return len(TABLE)

    def __contains__(self, name: object) -> bool:
        return name in TABLE


def listed(name: str) -> Any:
    """Return a command of which only the line in the help is known."""
    import typer  # noqa: PLC0415 - which is not needed to say what there is

    entry = TABLE[name]
    command: Any = typer.core.TyperCommand(name, help=entry.summary, hidden=not entry.panel)
    command.rich_help_panel = entry.panel
    return command


@cache
def _loaded(name: str) -> Any:
    import typer  # noqa: PLC0415 - which is not needed to say what there is

    entry = TABLE[name]
    found: Any = _of_place(entry.place)
    if isinstance(found, typer.Typer):
        command: Any = typer.main.get_group(found)
        command.name = name
    else:
        alone = typer.Typer(add_completion=False, pretty_exceptions_enable=False)
        ending = _of_place(f"{entry.place.partition(':')[0]}:{entry.example}")
        alone.command(name, cls=_of_place(entry.kind), epilog=ending, hidden=not entry.panel)(found)
        command = typer.main.get_command(alone)
    command.rich_help_panel = entry.panel
    return command


def _of_place(place: str) -> Any:
    module, _, name = place.partition(":")
    return getattr(import_module(f"nbtrace.cli.{module}"), name)
