"""Lists of h k l F and Fdump.bin, from the file to the command."""

import gzip
import json
from pathlib import Path

import numpy as np
import pytest

from nbtrace.errors import InputError
from nbtrace.parsers import read_trace
from nbtrace.physics.nanobragg.reflection_files import are_reflections, read_reflections, reflections_told_by
from simulator.hkl import read_hkl, write_cache
from tests.cli.conftest import Run, nb

__all__ = ["nb"]

LIST = "".join(f"{h:4d} {k:4d} 1 {10 + h + 0.25 * k:8.2f}\n" for h in range(-3, 4) for k in range(0, 9, 2))


@pytest.fixture
def files(tmp_path: Path) -> tuple[Path, Path]:
    """A list and the cache that the simulator makes of it."""
    listed = tmp_path / "P1.hkl"
    listed.write_text(LIST)
    return listed, write_cache(tmp_path / "Fdump.bin", read_hkl(listed, 0.0))


def test_a_file_is_known_by_its_content(files: tuple[Path, Path], tmp_path: Path) -> None:
    listed, cache = files
    packed = tmp_path / "any"
    packed.write_bytes(gzip.compress(listed.read_bytes()))
    log = tmp_path / "c.log"
    log.write_text("TRACE_C: F_cell 1\n")
    assert are_reflections(str(listed), str(cache), str(packed))
    assert not are_reflections(str(listed), str(log))
    assert not are_reflections(str(listed), str(tmp_path / "absent"))
    assert reflections_told_by(b"1 2 3 4 5\n") is None
    assert reflections_told_by(b"1.5 2 3 4\n") is None


def test_a_cache_holds_what_its_list_does(files: tuple[Path, Path]) -> None:
    listed, cache = (read_reflections(str(path)) for path in files)
    order = np.lexsort(listed.indices.T[::-1])
    assert (listed.indices[order] == cache.indices).all()
    assert (listed.F[order] == cache.F).all()
    assert cache.default == 0.0


def test_damage_is_one_line(files: tuple[Path, Path], tmp_path: Path) -> None:
    listed, cache = files
    torn = tmp_path / "torn.hkl"
    torn.write_text(LIST + "1 2 x 3\n")
    cut = tmp_path / "cut.bin"
    cut.write_bytes(cache.read_bytes()[:200])
    packed = tmp_path / "cut.gz"
    packed.write_bytes(gzip.compress(listed.read_bytes())[:-30])
    for path in (torn, cut, packed):
        with pytest.raises(InputError) as caught:
            read_reflections(str(path))
        assert path.name in str(caught.value)
        assert "\n" not in str(caught.value)


def test_other_commands_name_the_one_that_reads_it(files: tuple[Path, Path]) -> None:
    for path in files:
        with pytest.raises(InputError, match="nbtrace diff"):
            read_trace(path)


def test_diff_of_a_list_and_its_cache_agrees(files: tuple[Path, Path], nb: Run) -> None:
    ended = nb("diff", *files)
    assert ended.code == 0
    assert "all 35 reflections agree" in ended.out


def test_diff_says_the_relation_first_and_files_it(files: tuple[Path, Path], tmp_path: Path, nb: Run) -> None:
    shifted = tmp_path / "shifted.hkl"
    rows = np.array([line.split() for line in LIST.splitlines()], dtype=float)
    shifted.write_text("".join(f"{h + 1:.0f} {k:.0f} {m:.0f} {f}\n" for h, k, m, f in rows))
    ended = nb("diff", files[1], shifted, "--json", tmp_path / "d.json")
    assert ended.code == 1
    assert "at h+1 k l" in ended.out.splitlines()[0]
    document = json.loads((tmp_path / "d.json").read_text())
    assert document["relation"]["shift"] == [1, 0, 0]
    assert document["first_divergence"] == "F"


def test_options_for_traces_are_refused(files: tuple[Path, Path], nb: Run) -> None:
    assert nb("diff", *files, "--unified").code == 2
