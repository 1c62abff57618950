"""Cut the recorded runs of the reference down to what the tests need.

usage: python tests/golden/make_golden.py RECORDED_GOLDEN_FOLDER RECORDED_SUPERVISOR_FOLDER

Each recorded case is a folder with case.json (arguments, sums, sha256 of the reference binary), image.npz and traces.
Kept are: the arguments and sums of all cases with the row sums of each image (cases.json), a crop around the maximum of
each image (crops.npz), the TRACE_C lines of each trace (traces/CASE__SLOW_FAST.log.gz) and the input files.
"""

import gzip
import json
import re
import sys
from pathlib import Path
from typing import Any

import numpy as np

HERE = Path(__file__).parent
CROP = 32


def main(recorded: Path, supervisor: Path) -> None:
    """Write everything beside this script."""
    cases, crops = [], {}
    for folder in sorted(path.parent for path in recorded.glob("*/case.json")):
        with np.load(folder / "image.npz") as archive:
            image = archive[archive.files[0]]
        case, crops[folder.name] = cut(json.loads((folder / "case.json").read_text()), image)
        cases.append(case)
        for log in sorted(folder.glob("trace_c_*")):
            keep_trace(log, folder.name)
    (HERE / "cases.json").write_text(json.dumps(cases, indent=1) + "\n")
    np.savez_compressed(HERE / "crops.npz", **crops)
    for name in ("c.log", "c_roi_fresh.log"):
        keep_trace(supervisor / name, f"supervisor_{name.removesuffix('.log')}", "__685_1039")
    for path in sorted((recorded / "inputs").iterdir()):
        write_gz(HERE / "inputs" / f"{path.name}.gz", path.read_bytes())


def cut(case: dict[str, Any], image: Any) -> tuple[dict[str, Any], Any]:
    """Return what is kept of a case, and the crop of its image."""
    slow, fast = (
        int(min(max(centre - CROP // 2, 0), max(size - CROP, 0)))
        for centre, size in zip(case["argmax_slow_fast"], image.shape, strict=True)
    )
    row_sums = [float(f"{value:.12g}") for value in image.sum(axis=1, dtype=np.float64)]
    kept = {key: value for key, value in case.items() if key != "trace_pixels_slow_fast"}
    return kept | {"crop_corner": [slow, fast], "row_sums": row_sums}, image[slow : slow + CROP, fast : fast + CROP]


def keep_trace(log: Path, name: str, pixel: str = "") -> None:
    """Keep the TRACE_C lines of a log; a warning of the reference may stand before one on the same line."""
    content = log.read_bytes()
    text = (gzip.decompress(content) if log.suffix == ".gz" else content).decode()
    pixel = pixel or "__" + "_".join(re.findall(r"\d+", log.name)[:2])
    lines = [line for line in re.sub(r"(?<!\n)(TRACE_C: )", r"\n\1", text).splitlines() if line.startswith("TRACE_C")]
    write_gz(HERE / "traces" / f"{name}{pixel}.log.gz", ("\n".join(lines) + "\n").encode())


def write_gz(path: Path, content: bytes) -> None:
    """Write a gzip file without a time stamp."""
    path.parent.mkdir(exist_ok=True)
    path.write_bytes(gzip.compress(content, mtime=0))


if __name__ == "__main__":
    main(Path(sys.argv[1]), Path(sys.argv[2]))
