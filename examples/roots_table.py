"""Which quantities `diff` and `explain` call roots, pair by pair, and what makes the difference where there is one.

Usage: python examples/roots_table.py FOLDER...

A FOLDER holds `PAIRS.tsv` (kind, files), or `c*.log` and `py*.log`, or folders that do; or `float32/`, logs of the same
names as those beside it. `diff` goes by the tolerances and by the graph of what formulas read; `explain` holds every
value against its formula, as far as the digits go.
"""

import csv
import sys
from collections.abc import Iterator
from pathlib import Path

from nbtrace import explain, read_trace
from nbtrace.errors import NbtraceError
from nbtrace.explanation.audit.findings import AuditStatus
from nbtrace.explanation.explain import Explanation


def main(folders: list[Path]) -> int:
    """Print the table; return how many pairs differ."""
    differing = pairs = 0
    for folder in folders:
        for c, py in _pairs(folder):
            pairs += 1
            differing += _row(c, py, folder)
    print(f"{pairs} pairs, {differing} with other roots")
    return differing


def _pairs(folder: Path) -> Iterator[tuple[Path, Path]]:
    table = folder / "PAIRS.tsv"
    if table.exists():
        with table.open(encoding="utf-8") as stream:
            for pair in csv.DictReader(stream, delimiter="\t"):
                yield folder / pair["c_file"], folder / pair["py_file"]
        return
    for py in sorted(folder.rglob("py*.log")):
        for c in sorted(py.parent.glob("c*.log")):
            yield c, py
    for py in sorted(folder.rglob("float32/*.log")):
        yield py.parents[1] / py.name, py


def _row(c: Path, py: Path, folder: Path) -> int:
    print(f"{c.relative_to(folder)} | {py.relative_to(folder)}")
    try:
        result = explain(read_trace(str(c)), read_trace(str(py)))
    except NbtraceError as error:
        print(f"  {error}")
        return 0
    ours = {item.group.quantity for item in result.diff.roots}
    theirs = {name for root in result.roots for name in root.quantities}
    print(f"  diff:    {', '.join(item.group.quantity for item in result.diff.roots) or 'none'}")
    print(f"  explain: {'; '.join(', '.join(root.quantities) for root in result.roots) or 'none'}")
    if ours == theirs:
        return 0
    for name in sorted(ours - theirs):
        print(f"  ≠ {name} is a root of diff alone: explain finds {_judged(result, name)}")
    for name in sorted(theirs - ours):
        print(f"  ≠ {name} is a root of explain alone: {_in_diff(result, name)}")
    return 1


def _judged(result: Explanation, name: str) -> str:
    found = {item.status.value: item.reason for item in result.audit.findings if item.node.name == name}
    found.pop(AuditStatus.MATCH.value, None)
    return "; ".join(f"{status} ({reason})" for status, reason in found.items()) or "no difference, or did not judge it"


def _in_diff(result: Explanation, name: str) -> str:
    follows = next((item.follows for item in result.diff.divergences if item.group.quantity == name), None)
    status = next(root.status.value for root in result.roots if name in root.quantities)
    if follows is None:
        known = any(row.quantity == name for row in result.diff.rows)
        return f"{status}, and within the tolerance" if known else f"{status}, and not compared"
    return f"{status}, follows from {', '.join(follows)} in diff"


if __name__ == "__main__":
    if len(sys.argv) < 2:
        sys.exit(__doc__)
    main([Path(name) for name in sys.argv[1:]])
