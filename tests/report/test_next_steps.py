"""What to run next: a command with its arguments, in every result that differs, which runs as it is printed."""

import shlex
from collections.abc import Iterator
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np
import pytest

from nbtrace.report.view import typed
from tests.cli.conftest import nb  # noqa: F401 - the fixture
from tests.places import EXAMPLES, PAIRS

if TYPE_CHECKING:
    from tests.cli.conftest import Run

C, PY = (str(PAIRS / "supervisor__685_1039" / name) for name in ("c.log", "py.log"))
ROI = str(PAIRS / "supervisor__685_1039" / "c_roi_fresh.log")
HEAT = [str(EXAMPLES / "heat" / name) for name in ("loops.log", "arrays_mistake.log")]
ROD = ["--vocabulary", str(EXAMPLES / "heat" / "rod.toml")]


def commands(printed: str) -> Iterator[str]:
    """Yield the commands that a report proposes."""
    for line in printed.splitlines():
        if line.startswith("  nbtrace "):
            yield line.strip()


@pytest.mark.parametrize(
    ("call", "next_ones"),
    [
        (["diff", C, ROI], ["explain", "phi", "scaling"]),
        (["diff", C, PY], ["explain", "phi", "scaling"]),
        (["phi", C, ROI], ["explain"]),
        (["scaling", C, ROI], ["explain", "diff"]),
        (["explain", C, ROI], ["explain"]),
        ([C, ROI], ["explain"]),
        (["check", ROI], ["diff"]),
        (["check", PY], ["explain"]),
        (["diff", *HEAT, *ROD], ["explain", "scaling"]),
        (["steps", *HEAT, *ROD], ["explain"]),
    ],
    ids=lambda value: " ".join(Path(word).name for word in value),
)
def test_each_result_names_the_command_that_is_next(
    nb: "Run",  # noqa: F811
    call: list[str],
    next_ones: list[str],
) -> None:
    found = [shlex.split(line) for line in commands(nb(*call).out)]
    assert [words[1] for words in found][: len(next_ones)] == next_ones
    for words in found:
        assert words.count("--vocabulary") == (1 if ROD[0] in call else 0)
        if not {"OTHER.log", "FLAGS", "init-logging"} & set(words):
            ended = nb(*words[1:])
            assert ended.code in {0, 1}, ended.err


def test_an_open_root_leads_to_what_settles_it(nb: "Run", tmp_path: Path) -> None:  # noqa: F811
    for name, tag, value in (("a.log", "C", 1.5), ("b.log", "PY", 2.5)):
        (tmp_path / name).write_text(f"TRACE_{tag}: distance_m {value}\nTRACE_{tag}: F_cell 100\n")
    printed = nb("explain", "a.log", "b.log").out
    assert "nbtrace explain a.log b.log -- FLAGS" in list(commands(printed))
    assert "--config NAME" in printed


def test_a_side_that_prints_less_leads_to_the_trace_format(nb: "Run", tmp_path: Path) -> None:  # noqa: F811
    final = "TRACE_{0}: F_latt 2\nTRACE_{0}: F_cell 100\n"
    (tmp_path / "a.log").write_text(final.format("C") + "TRACE_C: I_pixel_final 3\n")
    (tmp_path / "b.log").write_text(final.format("PY"))
    ended = nb("diff", "a.log", "b.log")
    assert ended.code == 1
    assert list(commands(ended.out)) == ["nbtrace init-logging python"]
    assert "docs/trace-format.md" in ended.out


def test_images_lead_to_the_flags_and_to_the_pixel(nb: "Run", tmp_path: Path) -> None:  # noqa: F811
    pixels = np.random.default_rng(3).random((20, 20))
    np.save(tmp_path / "a b.npy", pixels)
    pixels[4, 5] += 1
    np.save(tmp_path / "c.npy", pixels)
    found = list(commands(nb("images", "a b.npy", "c.npy").out))
    assert found == [
        "nbtrace images 'a b.npy' c.npy -- FLAGS",
        "nbtrace harness --pixel 4 5 --output trace_py.log -- FLAGS",
    ]
    assert list(commands(nb("images", "c.npy", "c.npy").out)) == []


def test_names_are_typed_so_that_the_shell_gives_them_back() -> None:
    for name in ("a b", "a'b", "-x", "a;b", "$HOME", "-"):
        (word,) = shlex.split(typed(name))
        assert word in {name, f"./{name}"}
        assert not word.startswith("-") or word == "-"
