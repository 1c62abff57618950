"""Explain every pair of a corpus of real logs, and print what is known of each beside what is found.

Usage: python examples/explain_pairs.py FOLDER

FOLDER holds `PAIRS.tsv` (kind, files, the final ratio, a category, the known root cause) and the logs it names.
"""

import csv
import sys
import time
from pathlib import Path

from nbtrace import explain, read_trace
from nbtrace.errors import NbtraceError
from nbtrace.records import Side
from nbtrace.report.views.explain_view import headline
from nbtrace.report.views.explain_words import effect_words, root_words, side_words


def main(folder: Path) -> None:
    """Print one block per pair."""
    with (folder / "PAIRS.tsv").open(encoding="utf-8") as stream:
        for pair in csv.DictReader(stream, delimiter="\t"):
            print(f"{pair['c_file']} | {pair['py_file']} [{pair['category']}]")
            print(f"  expected: {pair['root_cause']}")
            started = time.perf_counter()
            try:
                _explained(folder / pair["c_file"], folder / pair["py_file"])
            except NbtraceError as error:
                print(f"  not explained: {error}")
            print(f"  ({time.perf_counter() - started:.2f} s)")


def _explained(c: Path, py: Path) -> None:
    result = explain(read_trace(str(c), Side.C), read_trace(str(py), Side.PY))
    if not result.comparable or not result.ranked:
        print(f"  found: {headline(result)}")
    for root, share in result.ranked if result.comparable else ():
        print(
            f"  found: {side_words(root)} [{root.status.value}] {root_words(root)}; {effect_words(root, share, result)}"
        )
    for record in result.unusable[:3]:
        print(f"  no number: {result.names.of(record.side)} {record.key} {record.value.text[:40]}")


if __name__ == "__main__":
    if len(sys.argv) != 2:
        sys.exit(__doc__)
    main(Path(sys.argv[1]))
