"""What `make demo` runs: the main job on recorded logs and images; results go to `demo-output/`.

Every command is printed before it runs. One that ends with another exit status than it must have ends the demo.
"""

import shlex
import shutil
import subprocess
import sys
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
PAIR = Path("examples/pairs/supervisor__685_1039")
SUITE = Path("examples/golden_suite")
OUT = Path("demo-output")

COMMANDS: tuple[tuple[int, tuple[str, ...]], ...] = (
    (0, ("check", f"{PAIR}/c.log")),
    (1, ("diff", f"{PAIR}/c.log", f"{PAIR}/c_roi_fresh.log", "--brief", "--json", f"{OUT}/diff.json")),
    (1, ("phi", f"{PAIR}/c_roi_fresh.log", f"{PAIR}/c.log")),
    (1, ("scaling", f"{PAIR}/c.log", f"{PAIR}/c_roi_fresh.log")),
    (1, ("diff", f"{PAIR}/c.log", f"{PAIR}/py.log", "--brief", "--bundle", f"{OUT}/bundle")),
    (0, ("bundle", "verify", f"{OUT}/bundle")),
    (1, ("explain", f"{PAIR}/c.log", f"{PAIR}/c_roi_fresh.log")),
    (0, ("harness", "--config", "supervisor", "--pixel", "685", "1039", "--out", f"{OUT}/trace_py.log")),
    (0, ("diff", f"{PAIR}/c.log", f"{OUT}/trace_py.log", "--brief")),
    (0, ("compare", "--suite", f"{SUITE}/suite.toml")),
    (1, ("compare", "--archived", f"{SUITE}/phi_zero_mosaic", "--mode", "spec", "--out", f"{OUT}/compare")),
)
"""Expected exit status and arguments: 1 means that the logs differ, as they do here."""


def main() -> int:
    """Run the commands; return 0 if each ended as it must."""
    shutil.rmtree(ROOT / OUT, ignore_errors=True)
    for expected, arguments in COMMANDS:
        print(f"\n$ nbtrace {shlex.join(arguments)}", flush=True)
        status = subprocess.run([sys.executable, "-m", "nbtrace", *arguments], cwd=ROOT, check=False).returncode
        if status != expected:
            print(f"exit status {status}, expected {expected}", file=sys.stderr)
            return 1
    print(f"\nReports are in {OUT}/.")
    return 0


if __name__ == "__main__":
    sys.exit(main())
