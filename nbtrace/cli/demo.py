"""`nbtrace demo`: the main job on recorded logs and images."""

import os
import shlex
import shutil
import subprocess
import sys
from pathlib import Path
from typing import Annotated

import typer

from nbtrace.cli.demo_steps import INPUTS, STEPS, DemoStep
from nbtrace.cli.destinations import STDOUT, must_be_folder
from nbtrace.errors import ExitCode, InputError, UsageError
from nbtrace.report.view import clean

EXAMPLE = "Example: nbtrace demo --outdir tour"

EXAMPLES = "examples"
"""Name of the folder of recorded data: in the package where it is installed, beside it in a checkout."""

_FOLDER = Path("nbtrace-demo")

_SHOWN = 16
"""Lines of an answer that are printed; the whole is written to a file."""


def demo_command(
    out: Annotated[
        Path, typer.Option("--outdir", metavar="DIR", help="Folder for the inputs and all results; a new or empty one.")
    ] = _FOLDER,
) -> None:
    """Show the main job on recorded logs and images: each question, its command, and the beginning of the answer.

    The inputs are copied to the folder first, so that each command can be tried there again. At the end stands
    report.html, one page with all of it.

    Exit status: 70 if a command does not end as it must.
    """
    examples = examples_folder()
    _prepare(out, examples)
    steps = STEPS if _simulates() else tuple(step for step in STEPS if not step.simulates)
    sys.stdout.write(f"The commands run in {clean(str(out))}, where their inputs are copied to.\n")
    for number, step in enumerate(steps, start=1):
        sys.stdout.write(f"\n{number}/{len(steps)}  {step.question}\n$ nbtrace {shlex.join(step.arguments)}\n")
        sys.stdout.flush()
        _run(step, out, f"{number:02}_{step.arguments[0]}.txt")
    without = len(STEPS) - len(steps)
    left = f" {without} more need PyTorch, which is not installed." if without else ""
    sys.stdout.write(f"\nAll {len(steps)} commands ended as they must.{left}\n")
    sys.stdout.write(f"The page is {clean(str(out / 'report.html'))}.\n")


def examples_folder() -> Path:
    """Return the folder of recorded data.

    Raises
    ------
    InputError
        If the installation has none.
    """
    package = Path(__file__).parents[1]
    for folder in (package / EXAMPLES, package.parent / EXAMPLES):
        if all((folder / name).is_dir() for name in INPUTS):
            return folder
    raise InputError("the recorded examples are not installed with this nbtrace; a wheel or a checkout has them")


def _prepare(out: Path, examples: Path) -> None:
    """Copy the inputs into the folder, which must be a new or an empty one."""
    if out == STDOUT:
        raise UsageError("- is standard output; --outdir needs a folder")
    must_be_folder(out.absolute(), out)
    if out.is_dir() and any(out.iterdir()):
        raise UsageError(f"{out} is not empty; give another folder: nbtrace demo --outdir DIR")
    for name in INPUTS:
        shutil.copytree(examples / name, out / EXAMPLES / name, ignore=shutil.ignore_patterns("__pycache__"))


def _simulates() -> bool:
    from nbtrace.embedded.choice import require_simulator  # noqa: PLC0415 - imports the simulator

    try:
        require_simulator()
    except UsageError:
        return False
    return True


def _run(step: DemoStep, out: Path, file: str) -> None:
    """Run a command, print the beginning of its answer, and write the whole to a file."""
    done = subprocess.run(
        [sys.executable, "-m", "nbtrace", *step.arguments],
        cwd=out,
        env=os.environ | {"PYTHONUTF8": "1"},
        stdin=subprocess.DEVNULL,
        capture_output=True,
        encoding="utf-8",
        check=False,
    )
    (out / file).write_text(done.stdout, encoding="utf-8")
    lines = done.stdout.splitlines()
    for line in lines[:_SHOWN]:
        sys.stdout.write(f"{line}\n")
    if len(lines) > _SHOWN:
        sys.stdout.write(f"… {len(lines) - _SHOWN} more lines in {file}\n")
    sys.stdout.flush()
    sys.stderr.write(done.stderr)
    sys.stderr.flush()
    if done.returncode != step.expected:
        sys.stderr.write(f"nbtrace: exit status {done.returncode}, expected {step.expected}\n")
        raise typer.Exit(ExitCode.BROKEN)
