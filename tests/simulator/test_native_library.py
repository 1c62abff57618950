"""Machine code in the cache: made once, trusted only where this user alone can write, and never in the way of a run."""

import os
import shutil
import sys
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest

from simulator import native_library
from simulator.native_library import (
    Compiler,
    NativeUnavailableError,
    begin_loading,
    found_compiler,
    keep_library,
    kept_library,
    library_key,
    loaded_library,
)
from simulator.user_cache import cache_folder, is_own

needs_compiler = pytest.mark.skipif(
    not any(map(shutil.which, native_library.COMPILERS)), reason="this machine has no C++ compiler"
)

TINY = """#include <cstdint>
extern "C" {
std::int64_t nbtrace_sweep_size() { return 11; }
std::int64_t nbtrace_rays_size() { return 12; }
std::int64_t nbtrace_slopes_size() { return 13; }
void nbtrace_sweep(const void *) {}
void nbtrace_rays(const void *) {}
void nbtrace_slopes(const void *) {}
void nbtrace_function(std::int64_t, std::int64_t, const double *, double *) {}
}
"""
"""A library that compiles in no time."""


@pytest.fixture
def cache(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A cache of its own, nothing loaded, and a source that compiles at once."""
    source = tmp_path / "native_sweep.cpp"
    source.write_text(TINY)
    monkeypatch.setattr(native_library, "SOURCE", source)
    monkeypatch.setattr(native_library, "_FOUND", [])
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path / "cache"))
    monkeypatch.delenv("CXX", raising=False)
    return tmp_path / "cache" / "nbtrace"


def again(monkeypatch: pytest.MonkeyPatch) -> None:
    """Forget what is loaded, as another process would not know it."""
    monkeypatch.setattr(native_library, "_FOUND", [])


def no_compilation(monkeypatch: pytest.MonkeyPatch) -> None:
    def compiled(*_: object) -> Path:
        raise NativeUnavailableError("compiled again")

    monkeypatch.setattr(native_library, "_compiled", compiled)


@needs_compiler
def test_it_is_compiled_once_and_then_loaded(cache: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    first = loaded_library()
    assert first.sweep_size == 11
    assert loaded_library() is first
    (kept,) = cache.iterdir()
    assert kept.name.startswith("sweep-")
    assert (kept.stat().st_mode & 0o777, cache.stat().st_mode & 0o777) == (0o600, 0o700)
    again(monkeypatch)
    no_compilation(monkeypatch)
    assert loaded_library().rays_size == 12


@needs_compiler
@pytest.mark.parametrize("damage", [b"", b"\x7fELF", b"rubbish" * 1000])
def test_a_damaged_file_is_made_anew(damage: bytes, cache: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    loaded_library()
    (kept,) = cache.iterdir()
    kept.chmod(0o600)
    kept.unlink()  # what is loaded stays as it is
    kept.write_bytes(damage)
    kept.chmod(0o600)
    again(monkeypatch)
    assert loaded_library().sweep_size == 11
    assert [path.stat().st_size > len(damage) for path in cache.iterdir()] == [True]


@needs_compiler
def test_any_number_of_processes_may_make_it_at_once(cache: Path, tmp_path: Path) -> None:
    compiler = found_compiler()
    source = native_library.SOURCE.read_bytes()
    key = library_key(compiler, source)
    folder = cache_folder()
    assert folder == cache
    made = [tmp_path / f"{n}.so" for n in range(8)]
    for path in made:
        path.write_bytes(b"the same")
    with ThreadPoolExecutor(8) as pool:
        names = set(pool.map(lambda path: keep_library(cache, key, path), made))
    assert [path.read_bytes() for path in names] == [b"the same"]
    assert kept_library(cache, key) == names.pop()


@pytest.mark.parametrize("mode", [0o770, 0o707])
def test_a_folder_in_which_others_write_is_no_cache(mode: int, cache: Path) -> None:
    cache.mkdir(parents=True)
    cache.chmod(mode)
    assert cache_folder() is None
    cache.chmod(0o700)
    assert cache_folder() == cache


def test_a_link_or_a_file_of_others_is_not_loaded(cache: Path, tmp_path: Path) -> None:
    cache.mkdir(parents=True)
    content = tmp_path / "content"
    content.write_bytes(b"code")
    kept = keep_library(cache, "key", content)
    assert kept_library(cache, "key") == kept
    kept.chmod(0o622)
    assert kept_library(cache, "key") is None
    assert not kept.exists()
    (tmp_path / "elsewhere").write_bytes(b"code")
    kept.symlink_to(tmp_path / "elsewhere")
    assert not is_own(kept)
    assert kept_library(cache, "key") is None
    assert (tmp_path / "elsewhere").exists()


@needs_compiler
def test_without_a_place_to_keep_it_it_is_made_for_the_run(
    cache: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (tmp_path / "file").write_text("")
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path / "file"))
    assert cache_folder() is None
    assert loaded_library().sweep_size == 11
    assert not cache.exists()


def test_what_killed_processes_left_goes(cache: Path, tmp_path: Path) -> None:
    cache.mkdir(parents=True)
    old, new = cache / ".sweep-old", cache / ".sweep-new"
    for folder in (old, new):
        folder.mkdir(mode=0o700)
    os.utime(old, (0, 0))
    made = tmp_path / "made"
    made.write_bytes(b"code")
    keep_library(cache, "key", made)
    assert (old.exists(), new.exists()) == (False, True)


def test_old_files_leave_room(cache: Path, tmp_path: Path) -> None:
    cache.mkdir(parents=True)
    for number in range(native_library.KEPT_LIBRARIES + 5):
        made = tmp_path / "made"
        made.write_bytes(bytes([number]))
        os.utime(made, (number, number))
        last = keep_library(cache, f"{number}", made)
    assert len(list(cache.iterdir())) == native_library.KEPT_LIBRARIES
    assert last.exists()


def test_the_key_follows_from_all_that_the_code_follows_from(monkeypatch: pytest.MonkeyPatch) -> None:
    compiler = Compiler(("c++",), "c++ 12")
    keys = {library_key(compiler, b"source"), library_key(compiler, b"other")}
    keys |= {library_key(Compiler(("g++",), "c++ 12"), b"source"), library_key(Compiler(("c++",), "c++ 13"), b"source")}
    monkeypatch.setattr(native_library, "_processor", lambda: "another")
    keys.add(library_key(compiler, b"source"))
    monkeypatch.setattr(native_library, "OPTIONS", ("-O0",))
    keys.add(library_key(compiler, b"source"))
    assert len(keys) == 6


def test_without_a_compiler_the_reason_is_told(cache: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("PATH", str(tmp_path))
    with pytest.raises(NativeUnavailableError, match=r"no C\+\+ compiler: none of c\+\+, g\+\+, clang\+\+ is there"):
        loaded_library()
    monkeypatch.setenv("CXX", "nothing-of-the-kind -O2")
    with pytest.raises(NativeUnavailableError, match=r"no C\+\+ compiler: \$CXX names nothing-of-the-kind -O2"):
        found_compiler()
    monkeypatch.setenv("CXX", '"unfinished')
    with pytest.raises(NativeUnavailableError, match=r"\$CXX names \"unfinished"):
        found_compiler()


@pytest.mark.usefixtures("cache")
def test_a_system_that_has_no_owners_of_files_has_no_compiled_code(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delattr(os, "geteuid")
    with pytest.raises(NativeUnavailableError, match="whose a file is"):
        loaded_library()


@pytest.mark.parametrize(
    ("script", "reason"),
    [
        ("exit 3", "fails: no message"),
        ("printf '\\033[31mred\\n' >&2; exit 1", r"fails: \\x1b\[31mred"),
        ("echo version; exit 0", "does not load"),
    ],
)
def test_a_compiler_that_makes_nothing_is_no_failure_of_the_run(
    script: str, reason: str, cache: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    compiler = tmp_path / "compiler"
    compiler.write_text(f"#!/bin/sh\n{script}\n")
    compiler.chmod(0o755)
    monkeypatch.setenv("CXX", str(compiler))
    with pytest.raises(NativeUnavailableError, match=reason):
        loaded_library()
    assert not cache.exists() or not list(cache.iterdir())


@needs_compiler
def test_options_of_a_processor_that_a_compiler_does_not_know_are_left_out(
    cache: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(native_library, "PROCESSOR_OPTIONS", (("-march=no-such-thing",), ()))
    assert loaded_library().sweep_size == 11


@needs_compiler
def test_it_is_made_beside_other_work(cache: Path) -> None:
    begin_loading()
    assert loaded_library().sweep_size == 11
    assert "torch" not in sys.modules or cache.exists()
