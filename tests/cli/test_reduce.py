import json
import sys
from pathlib import Path

import numpy as np
import pytest

from tests.cli.conftest import Run

REFERENCE = """#!/bin/sh
printf x >> "$IMAGES/calls"
while [ $# -gt 1 ]; do
    case "$1" in
    -floatfile) name=$2 ;;
    esac
    shift
done
cp "$IMAGES/right" "$name"
"""

CANDIDATE = """#!/bin/sh
image=right
while [ $# -gt 1 ]; do
    case "$1" in
    -floatfile) name=$2 ;;
    -phisteps) steps=$2 ;;
    -osc) osc=$2 ;;
    -fluence) fluence=$2 ;;
    esac
    shift
done
[ -n "$fluence" ] || { echo "no fluence" >&2; exit 1; }
[ "${steps:-0}" -gt 2 ] && [ -n "$osc" ] && image=wrong
cp "$IMAGES/$image" "$name"
"""
"""Another image than that of the reference with more than two steps of a range; it wants a fluence."""

FLAGS = "-default_F 100 -lambda 1 -detpixels 8"
LINE = f"{FLAGS} -osc 1.5 -phisteps 5 -fluence 3e24 -nopgm".split()
SMALLEST = "-detpixels 8 -osc 0 -phisteps 3 -fluence 0"


@pytest.fixture
def calls(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> list[str]:
    """The words of the command up to the flags; the reference notes its runs in the file `calls`."""
    for name in ("NB_C_BIN", "NB_PY_BIN"):
        monkeypatch.delenv(name, raising=False)
    for name, text in (("reference", REFERENCE), ("candidate", CANDIDATE)):
        (tmp_path / name).write_text(text)
        (tmp_path / name).chmod(0o755)
    pixels = np.arange(1, 65, dtype=np.float32)
    (tmp_path / "right").write_bytes(pixels.tobytes())
    (tmp_path / "wrong").write_bytes((2 * pixels).tobytes())
    monkeypatch.setenv("IMAGES", str(tmp_path))
    return ["reduce", "--ref", "./reference", "--cand", "./candidate", "--no-trace"]


def count(folder: Path) -> int:
    return len((folder / "calls").read_text())


def test_the_smallest_command_and_the_nearest_that_passes(nb: Run, calls: list[str], tmp_path: Path) -> None:
    ended = nb(*calls, "--max-runs", "9", "--workdir", "work", "--", *LINE)
    assert (ended.code, count(tmp_path)) == (1, 9)
    assert "not the smallest: the 9 runs of --max-runs were spent; give --workdir work again to go on" in " ".join(
        ended.out.replace("\n", " ").split()
    )
    ended = nb(*calls, "--workdir", "work", "--json", "new.json", "--", *LINE)
    document = json.loads((tmp_path / "new.json").read_text())
    assert ended.code == 1
    assert " ".join(document["smallest"]["args"]) == SMALLEST
    assert document["between"] == "-phisteps 2 in place of -phisteps 3"
    assert document["passing"]["args"] == SMALLEST.replace("-phisteps 3", "-phisteps 2").split()
    assert document["failure"]["gate"] == "scale"
    assert (document["minimal"], document["steady"], document["recalled"]) == (True, True, 8)
    assert count(tmp_path) == 9 + document["runs"]
    assert ended.out.startswith("DIFFER  the images differ (")
    assert f"\n  {SMALLEST}\n" in ended.out
    assert f"  nbtrace compare --ref ./reference --cand ./candidate -- {SMALLEST}\n" in ended.out
    before = count(tmp_path)
    assert nb(*calls, "--workdir", "work", "--", *LINE).code == 1
    assert count(tmp_path) == before + 3  # the given case, and the two that are told


MODULE = """import os, shutil, sys
shutil.copy(os.environ["IMAGES"] + "/wrong", sys.argv[sys.argv.index("-floatfile") + 1])
"""


def test_a_program_of_which_any_part_was_changed_is_run_again(nb: Run, calls: list[str], tmp_path: Path) -> None:
    (tmp_path / "port").mkdir()
    (tmp_path / "port/main.py").write_text("import written")
    (tmp_path / "port/written.py").write_text(MODULE)
    words = [*calls[:3], "--cand", f"{sys.executable} port/main.py", "--no-trace", "--workdir", "work"]

    def recalled() -> object:
        assert nb(*words, "--max-runs", "2", "--json", "new.json", "--force", "--", *LINE).code == 1
        return json.loads((tmp_path / "new.json").read_text())["recalled"]

    assert [recalled(), recalled()] == [0, 1]  # all but the given case
    (tmp_path / "port/written.py").write_text(f"{MODULE}# built again\n")
    assert recalled() == 0
    (tmp_path / "reference").write_text(f"{REFERENCE}# built again\n")
    assert recalled() == 0


def test_a_limit_and_a_tolerance_decide_what_is_remembered(nb: Run, calls: list[str], tmp_path: Path) -> None:
    words = [*calls, "--workdir", "work", "--max-runs", "2", "--json", "new.json", "--force"]
    for more in ((), ("--timeout", "50"), ("-t", "1e-5"), ("--threads", "2")):
        assert nb(*words, *more, "--", *LINE).code == 1
        assert json.loads((tmp_path / "new.json").read_text())["recalled"] == 0


def test_a_case_that_passes_is_exit_0(nb: Run, calls: list[str], tmp_path: Path) -> None:
    ended = nb(*calls, "--", *FLAGS.split(), "-fluence", "1e24")
    assert (ended.code, count(tmp_path)) == (0, 1)
    assert ended.out.startswith("AGREE  the given case does not fail")


@pytest.mark.parametrize(
    ("words", "code", "said"),
    [
        (("--", *FLAGS.split()), 5, "no fluence"),
        (("--ref", "nope", "--", *LINE), 5, "nope is not there"),
        (("--pixel", "3", "4", "--", *LINE), 2, "--no-trace forbids it"),
        (("--workdir", "candidate", "--", *LINE), 2, "candidate is no folder"),
        (("--", *LINE, "-oversample", "-1", "-detpixels", "0", "-detsize", "0"), 2, "give a size of at least one"),
        (("--", *LINE, "-hkl", "nope"), 3, "-hkl nope"),
        ((), 2, "no flags"),
    ],
)
def test_a_wrong_call_is_one_line(
    nb: Run, calls: list[str], tmp_path: Path, words: tuple[str, ...], code: int, said: str
) -> None:
    ended = nb(*calls, *words)
    assert (ended.code, ended.out) == (code, "")
    assert said in ended.err.splitlines()[-1]
    assert not (tmp_path / "work").exists()


def test_two_sides_that_are_one_are_refused(nb: Run) -> None:
    ended = nb("reduce", "--", *FLAGS.split())
    assert ended.code == 2
    assert "both sides are the embedded simulator as it is" in ended.err


def test_the_same_way_is_the_quantity_the_side_and_the_cause(nb: Run, tmp_path: Path) -> None:
    line = f"-cell 100 100 100 90 90 90 -N 5 {FLAGS} -osc 90 -phisteps 2 -misset 10 20 30".split()
    mode = "c-parity,-stale_phi_rotation"
    assert nb("reduce", "--mode", mode, "--max-runs", "1", "--json", "new.json", "--", *line).code == 1
    document = json.loads((tmp_path / "new.json").read_text())
    failure = document["failure"]
    assert (failure["quantity"], failure["side"], failure["cause"]) == ("rot_a_angstroms", "c", "stale_phi_rotation")
    assert failure["images"] == "differ"
    assert document["minimal"] is False
    assert document["smallest"]["args"] == line
