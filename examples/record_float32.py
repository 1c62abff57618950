"""Record the pixels of the self-test from the simulator in single precision, for its clean pairs of two precisions.

Usage: python examples/record_float32.py [FOLDER]

The arguments are those that the reference's logs were recorded with; the files that they name are those of
examples/golden_suite/inputs. The default folder is the one that the self-test reads.
"""

import json
import shutil
import sys
import tempfile
from pathlib import Path

import torch

from nbtrace.embedded.choice import Choice, parsed_flags
from nbtrace.embedded.recorder import Emit
from nbtrace.embedded.traces import trace_pixel
from nbtrace.writers import trace_text

ROOT = Path(__file__).parents[1]
DATA = ROOT / "nbtrace" / "physics" / "nanobragg" / "selftest" / "data"
INPUTS = ROOT / "examples" / "golden_suite" / "inputs"
OWN_FLAGS = "-trace_pixel"


def recorded(arguments: list[str], folder: Path) -> str:
    """Return the trace of the pixel that the arguments name, in single precision."""
    place = arguments.index(OWN_FLAGS)
    slow, fast = (int(word) for word in arguments[place + 1 : place + 3])
    flags = [str(folder / word) if (folder / word).is_file() else word for word in arguments[:place]]
    config = Choice(dtype="float32").applied(parsed_flags([*flags, "-dump", str(folder / "Fdump.bin")]))
    traced = trace_pixel(config, (slow, fast), Emit())
    return trace_text(traced.records, traced.header)


def main() -> None:
    """Write every log, and how they were made."""
    target = Path(sys.argv[1]) if len(sys.argv) > 1 else DATA / "float32"
    target.mkdir(parents=True, exist_ok=True)
    stories = json.loads((DATA / "provenance.json").read_text(encoding="utf-8"))
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        shutil.copytree(INPUTS, folder, dirs_exist_ok=True)
        for log, story in stories.items():
            (target / log).write_text(recorded(story["arguments"], folder), encoding="utf-8")
    story = {
        "about": "The pixels of the logs beside this folder, by the embedded simulator in single precision: "
        "mode c-parity, the arguments of ../provenance.json; lattice factors and sums are float32, geometry float64.",
        "program": "examples/record_float32.py",
        "torch": torch.__version__,
        "logs": sorted(stories),
    }
    (target / "provenance.json").write_text(json.dumps(story, indent=1, ensure_ascii=False) + "\n", encoding="utf-8")


if __name__ == "__main__":
    main()
