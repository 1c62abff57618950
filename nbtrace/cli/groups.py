"""Options that stand together in several commands, written once: a parameter whose type is a group is its options."""

import inspect
from collections.abc import Callable
from dataclasses import fields, is_dataclass
from functools import wraps
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any, get_type_hints

import typer

from nbtrace.cli import completed_values
from nbtrace.cli.destinations import Destinations
from nbtrace.cli.options import (
    AllShown,
    BundleFolder,
    CopyInputs,
    Force,
    JsonFile,
    MarkdownFile,
    SimulatorMode,
    TextFile,
)
from nbtrace.cli.panels import SIMULATOR
from nbtrace.errors import UsageError
from nbtrace.frozen import frozen

if TYPE_CHECKING:
    from nbtrace.embedded.choice import Choice


@frozen
class Outputs:
    """Where a result goes."""

    md: MarkdownFile = None
    json: JsonFile = None
    output: TextFile = None
    bundle: BundleFolder = None
    copy_inputs: CopyInputs = False
    force: Force = False
    all_shown: AllShown = False

    def destinations(
        self,
        *,
        notes: Path | None = None,
        folder: Path | None = None,
        others: tuple[Path, ...] = (),
        plot: Path | None = None,
        brief: bool = False,
    ) -> Destinations:
        """Return them with those that a command has besides; a brief report is printed as it is.

        Raises
        ------
        UsageError
            If two of them exclude each other, or one cannot be what it is given for.
        """
        if brief and self.all_shown:
            raise UsageError("--brief leaves out what agrees, --all prints it; give one of them")
        return Destinations(
            self.md,
            self.json,
            self.output,
            self.bundle,
            self.force,
            notes,
            folder,
            others,
            plot,
            self.copy_inputs,
            self.all_shown or brief,
        )


@frozen
class SimulatorOptions:
    """What is chosen of the embedded simulator."""

    mode: SimulatorMode = None
    device: Annotated[
        str | None,
        typer.Option(
            "--device",
            metavar="DEVICE",
            help="Device of the simulator: cpu, cuda or cuda:N; CUDA that is absent becomes the CPU.",
            rich_help_panel=SIMULATOR,
            autocompletion=completed_values.devices,
        ),
    ] = None
    dtype: Annotated[
        str | None,
        typer.Option(
            "--dtype",
            metavar="DTYPE",
            help="Precision of the simulator: float64 or float32; else $NB_PYTORCH_DTYPE, else float64.",
            rich_help_panel=SIMULATOR,
            autocompletion=completed_values.dtypes,
        ),
    ] = None

    @property
    def choice(self) -> "Choice":
        """The choice, as the embedded simulator takes it."""
        from nbtrace.embedded.choice import Choice  # noqa: PLC0415 - the simulator, which most commands do not need

        return Choice(self.mode, self.device, self.dtype)


def grouped(command: Callable[..., None]) -> Callable[..., None]:
    """Return a command with the options of each group in place of the parameter that takes them."""
    hints = get_type_hints(command, include_extras=True)
    shown: list[inspect.Parameter] = []
    groups: dict[str, Any] = {}
    for parameter in inspect.signature(command).parameters.values():
        kind = hints[parameter.name]
        if not is_dataclass(kind):
            shown.append(parameter.replace(annotation=kind))
            continue
        groups[parameter.name] = kind
        options = get_type_hints(kind, include_extras=True)
        shown += [
            inspect.Parameter(
                option.name, inspect.Parameter.KEYWORD_ONLY, default=option.default, annotation=options[option.name]
            )
            for option in fields(kind)
        ]

    @wraps(command)
    def run(*args: object, **options: object) -> None:
        made = {
            name: kind(**{option.name: options.pop(option.name) for option in fields(kind)})
            for name, kind in groups.items()
        }
        command(*args, **options, **made)

    run.__annotations__ = {parameter.name: parameter.annotation for parameter in shown}
    vars(run)["__signature__"] = inspect.Signature(shown)
    return run
