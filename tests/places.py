"""Where the recorded data stands that tests share."""

from pathlib import Path

ROOT = Path(__file__).parents[1]
EXAMPLES = ROOT / "examples"
PAIRS = EXAMPLES / "pairs"
PAIR_FOLDERS = sorted(PAIRS.glob("*/"))
"""A folder per recorded pair of logs."""

SUPERVISOR_PAIR = PAIRS / "supervisor__685_1039"
SUPERVISOR_CONFIGURATION = EXAMPLES / "supervisor" / "supervisor.toml"
GOLDEN_SUITE = EXAMPLES / "golden_suite"
NOISE_IMAGE = ROOT / "tests" / "golden" / "noise_image"
