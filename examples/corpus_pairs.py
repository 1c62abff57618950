"""Hold nbtrace's findings on a corpus of real pairs against what is known of them.

Usage: python examples/corpus_pairs.py FOLDER

FOLDER holds `PAIRS.tsv` (kind, files, the first divergence at 1e-6, 1e-4 and 1e-2, the final ratio or the largest Δk, a
category) and the logs it names. One line per pair: what is expected and what is found; `≠` marks a difference.
"""

import csv
import re
import sys
from pathlib import Path

from nbtrace import compare_phi, diff, read_trace
from nbtrace.compare.diff import DiffResult
from nbtrace.compare.judge import Row
from nbtrace.compare.phi import PhiResult
from nbtrace.errors import NbtraceError

_BANDS = {"naive_first_1e-6": "tolerance", "naive_first_1e-4": "0.0001", "naive_first_1e-2": "0.01"}


def main(folder: Path) -> int:
    """Print the table; return how many cells differ."""
    differing = 0
    with (folder / "PAIRS.tsv").open(encoding="utf-8") as stream:
        for pair in csv.DictReader(stream, delimiter="\t"):
            c, py = folder / pair["c_file"], folder / pair["py_file"]
            print(f"{pair['c_file']} | {pair['py_file']} [{pair['category']}]")
            try:
                if pair["kind"] == "per_phi":
                    differing += _phi(compare_phi(read_trace(str(py)), read_trace(str(c))), pair)
                else:
                    differing += _diff(diff(read_trace(str(c)), read_trace(str(py))), pair)
            except NbtraceError as error:
                print(f"  {error}")
                differing += 1
    print(f"{differing} differing cells")
    return differing


def _cell(name: str, expected: str, found: str, *, same: bool) -> int:
    print(f"  {'  ' if same else '≠ '}{name}: expected {expected}, found {found}")
    return int(not same)


def _shown(row: Row | None) -> str:
    if row is None:
        return "-"
    size = f"({abs(row.difference.relative):.3g})" if row.difference and abs(row.difference.relative) else ""
    return f"{row.quantity}{size}"


def _diff(result: DiffResult, pair: dict[str, str]) -> int:
    differing = 0
    for column, band in _BANDS.items():
        found = _shown(result.first_by_band[band])
        differing += _cell(column, pair[column], found, same=found == pair[column])
    final = next((row for row in result.rows if row.quantity == "I_pixel_final"), None)
    expected = pair["final_ratio_or_perphi"]
    if expected != "-" or final is not None:
        ratio = final.difference.ratio if final is not None and final.difference is not None else None
        found = "-" if ratio is None else f"{ratio:.9g}"
        differing += _cell("final ratio", expected, found, same=found == expected)
    _said(result.verdict.value, [notice.text for notice in result.notices])
    print(f"    roots: {', '.join(item.group.quantity for item in result.roots) or 'none'}")
    return differing


def _phi(result: PhiResult, pair: dict[str, str]) -> int:
    text = pair["final_ratio_or_perphi"]
    worst = result.worst
    found = f"{result.max_delta_k:.8g}@tic{worst.phi_tic}" if worst else "-"
    expected = re.search(r"max_dk=(\S+)", text)
    wanted = expected[1] if expected else "-"
    differing = _cell("max Δk", wanted, found, same=found == wanted)
    label = re.search(r"phi_label_err=(\S+)", text)
    errors = [abs((step.phi_deg_py or 0) - (step.phi_deg_c or 0)) for step in result.compared]
    found = f"{max(errors):.6g}"
    differing += _cell("φ label error", label[1] if label else "-", found, same=label is not None and found == label[1])
    _said(result.verdict.value, [notice.text for notice in result.notices])
    return differing


def _said(verdict: str, texts: list[str]) -> None:
    print(f"    verdict: {verdict}")
    for text in texts:
        print(f"    said: {text}")


if __name__ == "__main__":
    if len(sys.argv) != 2:
        sys.exit(__doc__)
    main(Path(sys.argv[1]))
