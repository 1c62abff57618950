import json
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from nbtrace.programs.command import flag_line
from nbtrace.programs.program_source import ProgramSource
from nbtrace.programs.programs import Program
from nbtrace.programs.reference_cache import CachedReference
from nbtrace.programs.side_source import RunOptions
from tests.programs.conftest import FLAGS, MakeSource


@pytest.fixture
def cached(source: MakeSource, tmp_path: Path) -> CachedReference:
    """A program whose image is another in each run, so that one that is kept can be told."""
    return CachedReference(source("counter", COUNTER=str(tmp_path / "counter")), tmp_path / "cache")


def again(cached: CachedReference, **changes: Any) -> CachedReference:
    return CachedReference(replace(cached.source, **changes), cached.cache)


def test_what_a_run_gave_is_kept_to_the_bit(cached: CachedReference) -> None:
    first, second = cached.make(1), again(cached).make(1)
    assert np.array_equal(first.image.pixels, second.image.pixels)
    assert (second.milliseconds, second.digests) == (first.milliseconds, first.digests)
    assert (second.stdout, second.image.format) == (first.stdout, first.image.format)
    assert second.image.source == "nanoBragg, as it ran before"
    assert not np.array_equal(first.image.pixels, cached.source.make(1).image.pixels)


def test_a_trace_is_kept(cached: CachedReference) -> None:
    traced = cached.trace((0, 5))
    assert traced.text is not None
    assert again(cached).trace((0, 5)) == traced
    assert cached.source.trace((0, 5)) != traced


@pytest.mark.parametrize("damage", ['{"text": null}', "[1]", "{}", "", "[" * 100_000])
def test_a_trace_that_is_damaged_is_made_again(damage: str, cached: CachedReference) -> None:
    cached.trace((0, 5))
    path = cached.folder / "trace_0_5.json"
    path.write_text(damage)
    traced = again(cached).trace((0, 5))
    assert (traced.text or "").startswith("TRACE_C: ")
    assert json.loads(path.read_text()) == {"text": traced.text}


def test_more_runs_than_are_kept_are_run(cached: CachedReference) -> None:
    cached.make(1)
    made = again(cached).make(2)
    assert len(made.digests) == 2
    assert made.identical is False
    assert again(cached).make(1).digests == made.digests[:1]


def test_other_flags_threads_programs_and_files_are_run(cached: CachedReference, tmp_path: Path) -> None:
    (tmp_path / "a.hkl").write_text("0 0 1 5\n")
    words = [*FLAGS.split(), "-hkl", str(tmp_path / "a.hkl")]
    listed = again(cached, line=flag_line(words))
    first = listed.folder
    (tmp_path / "a.hkl").write_text("0 0 1 6\n")
    other = tmp_path / "other"
    other.write_text(cached.source.program.file.read_text() + "\n")
    other.chmod(0o755)
    folders = {
        cached.folder,
        first,
        again(cached, line=flag_line(words)).folder,
        again(cached, options=RunOptions(threads=2)).folder,
        again(cached, program=Program((str(other),), "--ref")).folder,
    }
    assert len(folders) == 5
    (tmp_path / "moved.hkl").write_text("0 0 1 5\n")
    moved = flag_line([*FLAGS.split(), "-hkl", str(tmp_path / "moved.hkl")])
    assert again(cached, line=moved).folder == first


def test_a_cache_of_structure_factors_that_no_word_names_is_told_apart(
    cached: CachedReference, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    (tmp_path / "named.bin").write_text("1")
    folders = []
    for content in ("", "2", "3"):
        if content:
            (tmp_path / "Fdump.bin").write_text(content)
        folders.append(again(cached, line=flag_line([*FLAGS.split(), "-dump", "named.bin"])).folder)
    assert len(set(folders)) == 3


@pytest.mark.parametrize("name", ["runs.json", "image.npy"])
@pytest.mark.parametrize("damage", ["empty", "half", "foreign", "vast", "open", "deep"])
def test_what_is_damaged_is_run_again(name: str, damage: str, cached: CachedReference) -> None:
    first = cached.make(1)
    path = cached.folder / name
    content = path.read_bytes()
    foreign = json.dumps({**json.loads((cached.folder / "runs.json").read_text()), "digests": ["x"]}).encode()
    damaged = {
        "empty": b"",
        "half": content[: len(content) // 2],
        "foreign": foreign,
        "vast": (cached.folder / "image.npy").read_bytes().replace(b"(8, 8), }          ", b"(9999999, 9999999)}"),
        "open": b"\x93NUMPY\x01\x00\x10\x00{((((((((((((((\n",
        "deep": b"[" * 100_000,
    }
    path.write_bytes(damaged[damage])
    second = again(cached).make(1)
    assert not np.array_equal(first.image.pixels, second.image.pixels)
    assert again(cached).make(1).digests == second.digests


def test_a_run_that_the_clock_seeds_is_not_kept(source: MakeSource, tmp_path: Path) -> None:
    made = source()
    line = flag_line([*FLAGS.split(), "-misset", "random"])
    seeded = CachedReference(ProgramSource(made.program, line, made.options), tmp_path / "cache")
    seeded.make(1)
    assert not (tmp_path / "cache").exists()
