"""Take recorded runs of the reference into this suite.

usage: python examples/golden_suite/make_suite.py RECORDED_GOLDEN_FOLDER

Each recorded case is a folder with case.json (arguments, sums, sha256 of the reference binary), image.npz and traces.
Kept are case.json, the whole image, the TRACE_C lines of each trace (trace_c_SLOW_FAST.log.gz), and the input files.
"""

import gzip
import json
import re
import shutil
import sys
from pathlib import Path

HERE = Path(__file__).parent


def main(recorded: Path) -> None:
    """Write everything beside this script."""
    for source in sorted(path.parent for path in recorded.glob("*/case.json")):
        target = HERE / source.name
        target.mkdir(exist_ok=True)
        case = json.loads((source / "case.json").read_text())
        (target / "case.json").write_text(json.dumps(case) + "\n")
        shutil.copyfile(source / "image.npz", target / "image.npz")
        for log in sorted(source.glob("trace_c_*")):
            keep_trace(log, target)
    (HERE / "inputs").mkdir(exist_ok=True)
    for path in sorted((recorded / "inputs").iterdir()):
        shutil.copyfile(path, HERE / "inputs" / path.name)


def keep_trace(log: Path, folder: Path) -> None:
    """Keep the TRACE_C lines of a log; a warning of the reference may stand before one on the same line."""
    content = log.read_bytes()
    text = (gzip.decompress(content) if log.suffix == ".gz" else content).decode()
    lines = [line for line in re.sub(r"(?<!\n)(TRACE_C: )", r"\n\1", text).splitlines() if line.startswith("TRACE_C")]
    kept = gzip.compress(("\n".join(lines) + "\n").encode(), mtime=0)
    (folder / f"{log.name.removesuffix('.gz')}.gz").write_bytes(kept)


if __name__ == "__main__":
    main(Path(sys.argv[1]))
