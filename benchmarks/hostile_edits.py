"""Change one number of one line in copies of recorded logs, and count whom an explanation blames.

Usage: python benchmarks/hostile_edits.py [--every N] [--show ANSWER] [LOG]...

Each copy is explained against its original, once as C and once as Py. LOGs are files or folders, by default the
recorded pairs of examples/, the logs of the self-test and those of the golden suite.
"""

import argparse
import gzip
import time
from collections import Counter
from collections.abc import Iterator
from pathlib import Path

from nbtrace.parsers import parse_trace
from nbtrace.physics.nanobragg.selftest.edits import EditAnswer, Judged, judge, sample
from nbtrace.records import Side

ROOT = Path(__file__).parents[1]
RECORDED = (
    ROOT / "examples" / "pairs",
    ROOT / "nbtrace" / "physics" / "nanobragg" / "selftest" / "data",
    ROOT / "examples" / "golden_suite",
)


def judged(paths: list[Path], stride: int) -> Iterator[Judged]:
    """Yield what becomes of every sampled edit, on either side."""
    for path in paths:
        text = gzip.decompress(path.read_bytes()).decode() if path.suffix == ".gz" else path.read_text("utf-8")
        name = "/".join(path.parts[-2:])
        original = parse_trace(text, name)[0]
        for edit in sample(name, text, stride):
            for side in (Side.C, Side.PY):
                yield judge(edit, original, side)


def main() -> None:
    """Print the counts, and the edits with one of the answers."""
    parser = argparse.ArgumentParser(description=__doc__.partition("\n")[0])
    parser.add_argument("logs", nargs="*", type=Path)
    parser.add_argument("--every", type=int, default=29, help="take about one of N edits (default 29)")
    parser.add_argument("--show", choices=[item.name for item in EditAnswer], action="append", default=["WRONG"])
    options = parser.parse_args()
    folders = options.logs or RECORDED
    paths = [path for item in folders for path in (sorted(item.rglob("*.log*")) if item.is_dir() else [item])]
    started = time.perf_counter()
    found = list(judged(paths, options.every))
    for item in found:
        if item.answer.name in options.show:
            edit = item.edit
            print(
                f"{item.answer.name} {item.side.value} {edit.log}:{edit.line} {edit.kind}: {edit.after.strip()[:110]}"
            )
            print(f"    was {edit.before.strip()[:120]}; found {'; '.join(item.found)[:600] or 'nothing'}")
    counts = Counter(item.answer for item in found)
    print(f"{len(found)} pairs of {len(paths)} logs in {time.perf_counter() - started:.0f} s")
    for answer in EditAnswer:
        print(f"{counts[answer]:6d}  {answer.value}")
    for answer in (EditAnswer.UNDECIDED, EditAnswer.ROOTLESS):
        quantities = Counter(item.edit.quantity for item in found if item.answer is answer).most_common()
        if quantities:
            print(f"{answer.value}: " + ", ".join(f"{name} {number}" for name, number in quantities))


if __name__ == "__main__":
    main()
