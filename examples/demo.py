"""What `make demo` runs: the main job on recorded logs and images; results go to `demo-output/`.

Every question and its command are printed before the answer, of which the beginning is shown. A command that ends with
another exit status than it must have, or by a fault of its own, ends the demo.
"""

import io
import os
import shlex
import shutil
import subprocess
import sys
from dataclasses import dataclass
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
PAIR = Path("examples/pairs/supervisor__685_1039")
SUITE = Path("examples/golden_suite")
OUT = Path("demo-output")

WHOLE, ALONE, PORT = (str(PAIR / name) for name in ("c.log", "c_roi_fresh.log", "py.log"))
"""The reference's pixel in a whole image and alone, and a port's."""

SHOWN = 16
"""Lines of an answer that are printed; the whole is written to a file."""

BUNDLE = ("--bundle", str(OUT / "bundle"))

LOOPS, ARRAYS = "examples/heat/loops.log", "examples/heat/arrays_mistake.log"
ROD = ("--vocabulary", "examples/heat/rod.toml")
"""Two programs of another physics, one of them with a mistake, and their words."""


@dataclass(frozen=True)
class Step:
    """A question, and the command that answers it.

    Attributes
    ----------
    question : str
    expected : int
        Exit status: 1 means that the two differ, as they do here.
    arguments : tuple of str
    """

    question: str
    expected: int
    arguments: tuple[str, ...]


STEPS = (
    Step("Is the reference's log consistent with itself?", 0, ("check", WHOLE)),
    Step(
        "One pixel, once in a whole image and once alone, differs by 14.6 %. Which quantity is the first?",
        1,
        ("diff", WHOLE, ALONE, "--brief", *BUNDLE),
    ),
    Step("All φ steps, or one?", 1, ("phi", ALONE, WHOLE, *BUNDLE)),
    Step("Which factor carries the final ratio?", 1, ("scaling", WHOLE, ALONE, *BUNDLE)),
    Step("Who is wrong, and why?", 1, ("explain", WHOLE, ALONE, *BUNDLE)),
    Step(
        "A port's log is 100,000 times too bright. Runs of the embedded simulator say what both sides did:",
        1,
        ("explain", WHOLE, PORT, "--config", "supervisor"),
    ),
    Step(
        "The same pixel by the embedded simulator:",
        0,
        ("harness", "--config", "supervisor", "--pixel", "685", "1039", "--output", str(OUT / "trace_py.log")),
    ),
    Step("Does it agree with the reference?", 0, ("diff", WHOLE, str(OUT / "trace_py.log"), "--brief")),
    Step(
        "Does it move with the precision?",
        0,
        ("sweep", "--config", "supervisor", "--pixel", "685", "1039", "--reference", WHOLE, "--brief"),
    ),
    Step("Whole images of 39 recorded runs:", 0, ("compare", "--suite", str(SUITE / "suite.toml"))),
    Step(
        "One of them, with what is meant in place of what the reference does:",
        1,
        ("compare", "--archived", str(SUITE / "phi_zero_mosaic"), "--mode", "spec", *BUNDLE),
    ),
    Step("Other physics, a hot rod twice: which quantity is the first?", 1, ("diff", LOOPS, ARRAYS, *ROD)),
    Step("Who is wrong there, and why?", 1, ("explain", LOOPS, ARRAYS, *ROD)),
    Step("Is the evidence intact?", 0, ("bundle", "verify", str(OUT / "bundle"))),
    Step(
        "All of it as one page for people who install nothing:",
        0,
        ("report", str(OUT / "bundle"), "--output", str(OUT / "report.html")),
    ),
)


def main() -> int:
    """Run the commands; return 0 if each ended as it must."""
    for stream in (sys.stdout, sys.stderr):
        if isinstance(stream, io.TextIOWrapper):
            stream.reconfigure(errors="backslashreplace")
    shutil.rmtree(ROOT / OUT, ignore_errors=True)
    (ROOT / OUT).mkdir()
    for number, step in enumerate(STEPS, start=1):
        print(f"\n{number}/{len(STEPS)}  {step.question}\n$ nbtrace {shlex.join(step.arguments)}", flush=True)
        done = subprocess.run(
            [sys.executable, "-m", "nbtrace", *step.arguments],
            cwd=ROOT,
            env=os.environ | {"PYTHONUTF8": "1"},
            capture_output=True,
            encoding="utf-8",
            check=False,
        )
        _show(done.stdout, OUT / f"{number:02}_{step.arguments[0]}.txt")
        sys.stderr.write(done.stderr)
        sys.stderr.flush()
        # Python ends with 1 after a fault, too, which would read as a difference.
        if done.returncode != step.expected or "Traceback (most recent call last)" in done.stderr:
            print(f"exit status {done.returncode}, expected {step.expected}", file=sys.stderr)
            return 1
    print(f"\nAll {len(STEPS)} commands ended as they must. The page is {OUT}/report.html.")
    return 0


def _show(text: str, file: Path) -> None:
    """Print the beginning of an answer, and say where the whole stands."""
    (ROOT / file).write_text(text, encoding="utf-8")
    lines = text.splitlines()
    for line in lines[:SHOWN]:
        print(line)
    if len(lines) > SHOWN:
        print(f"… {len(lines) - SHOWN} more lines in {file}")
    sys.stdout.flush()


if __name__ == "__main__":
    sys.exit(main())
