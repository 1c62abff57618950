"""Probe files drafted from Python sources: they are used as they are printed; of any other text one line is said."""

import math
import sys
from pathlib import Path
from textwrap import dedent
from typing import TYPE_CHECKING

import pytest

from nbtrace.capturing.probe_file import read_probe_file
from nbtrace.capturing.python_draft import is_python_source, python_draft
from nbtrace.errors import IncompleteError, InputError, UsageError
from tests.cli.conftest import nb  # noqa: F401 - a fixture

if TYPE_CHECKING:
    from tests.cli.conftest import Run

PORT = dedent("""
    import array
    import math


    def factor(q, width=2.0):
        return math.exp(-q * q / width)


    def pixel(s, f, log):
        scale = 3 * len("abc")
        total = 0.0
        for step in range(3):
            phi = 0.1 * step
            q = math.hypot(s + phi, f)
            label = f"{phi}"
            for source, weight in enumerate((1.0, 2.0)):
                term = weight * factor(q)
                if term < 1e-9:
                    continue
                total += term
        return scale * total


    def main():
        for row in range(2):
            for column in range(1, 4):
                value = pixel(row, column, None)
                print(value)


    main()
""")


def test_a_draft_works_as_it_is_printed(nb: "Run", tmp_path: Path) -> None:  # noqa: F811
    (tmp_path / "port.py").write_text(PORT)
    drafted = nb("capture", "--draft", "port.py")
    assert (drafted.code, drafted.err) == (0, "")
    (tmp_path / "draft.toml").write_text(drafted.out)
    line = next(line for line in drafted.out.splitlines() if line.startswith("# nbtrace capture"))
    assert line == (
        "# nbtrace capture --probes THIS_FILE --at row=0 --at column=1 --at step=0 -o py.log -- python port.py ARGS"
    )
    words = ["--at", "row=1", "--at", "column=2", "--at", "step=2", "-o", "py.log"]
    ended = nb("capture", "--probes", "draft.toml", *words, "--", sys.executable, "port.py")
    assert ended.code == 0, ended
    q = math.hypot(1 + 0.1 * 2, 2)
    terms = [weight * math.exp(-q * q / 2.0) for weight in (1.0, 2.0)]
    lines = [line.split()[1:] for line in (tmp_path / "py.log").read_text().splitlines() if line[:9] == "TRACE_PY:"]
    captured = {tuple(words[:-1]): float(words[-1]) for words in lines}
    assert captured.pop(("source=0", "total")) < captured.pop(("source=1", "total"))
    assert captured == {
        ("phi",): 0.2,
        ("q",): q,
        ("source=0", "term"): terms[0],
        ("source=1", "term"): terms[1],
    }


def drafted(folder: Path, text: str, function: str | None = None) -> str:
    """Return the draft of a text, which is a probe file."""
    path = folder / "drafted.py"
    path.write_text(dedent(text))
    written = python_draft(path, "drafted.py", function)
    (folder / "drafted.toml").write_text(written)
    read_probe_file(folder / "drafted.toml")
    return written


def test_arrays_are_drafted_by_their_sums_and_compiled_functions_are_told(tmp_path: Path) -> None:
    written = drafted(
        tmp_path,
        """
        import torch

        @torch.compile
        def image(slow: torch.Tensor, phis):
            total = torch.zeros_like(slow)
            for phi_tic, phi in enumerate(phis):
                h = slow * phi
                total += h
            return total
        """,
    )
    assert 'quantities = { h_sum = "h.sum()" }' in written
    assert 'quantities = { total_sum = "total.sum()" }' in written
    assert 'index = { phi_tic = "phi_tic" }' in written
    assert "--uncompiled -o py.log" in written
    assert "\n# Of arrays the sum is captured" in written


def test_a_function_is_chosen_and_what_is_in_none(tmp_path: Path) -> None:
    text = """
        class Port:
            def one(self):
                first = 1
            def two(self):
                second, third = 2, 3
        fourth = 4
    """
    assert 'function = "Port.two"' in drafted(tmp_path, text)
    assert 'after = "first"' in drafted(tmp_path, text, "one")
    assert 'after = "fourth"' in drafted(tmp_path, text, "<module>")
    with pytest.raises(UsageError, match=r"drafted\.py has no function onee; did you mean"):
        drafted(tmp_path, text, "onee")
    with pytest.raises(UsageError, match=r"has no function x; it has Port\.one, Port\.two"):
        drafted(tmp_path, text, "x")


def test_a_place_that_cannot_be_told_is_not_drafted(tmp_path: Path) -> None:
    written = drafted(
        tmp_path,
        """
        def f(n):
            for i in range(n):
                a = i * 2.0
            for i in range(n):
                a = i * 3.0
                b = i * 4.0
            for i in range(n): c = 1.0
            if n:
                d = 1.0
        """,
    )
    assert 'after = "b"' in written
    assert 'after = "a"' not in written
    assert 'after = "c"' not in written
    assert 'after = "d"' not in written


@pytest.mark.parametrize(
    ("content", "said"),
    [
        (b"", "assigns nothing that its source tells to be a number or an array"),
        (b"x = 'text'\n", "assigns nothing that its source tells"),
    ],
)
def test_nothing_to_draft_is_said(tmp_path: Path, content: bytes, said: str) -> None:
    (tmp_path / "a.py").write_bytes(content)
    with pytest.raises(IncompleteError, match=said):
        python_draft(tmp_path / "a.py", "a.py", None)


@pytest.mark.parametrize("content", [b"x = = 1\n", b"\x7fELF\0\0", b"x = " + b"(" * 5000, "x = 1\n".encode("utf-16")])
def test_what_is_no_python_is_said_in_one_line(tmp_path: Path, content: bytes) -> None:
    (tmp_path / "a.py").write_bytes(content)
    with pytest.raises(InputError) as error:
        python_draft(tmp_path / "a.py", "a.py", None)
    assert str(error.value).startswith("a.py is no Python: ")
    assert "\n" not in str(error.value)


def test_a_name_of_a_file_breaks_no_comment(tmp_path: Path) -> None:
    name = "a\n[[probe]]\n.py"
    (tmp_path / name).write_text("x = 1\n")
    written = python_draft(tmp_path / name, name, None)
    assert written.startswith("# Drafted from the source of 'a?[[probe]]?.py': <module>.\n")


def test_a_source_is_told_by_its_name_or_its_first_line(tmp_path: Path) -> None:
    script, program = tmp_path / "port", tmp_path / "rows"
    script.write_text("#!/usr/bin/env python3\nx = 1\n")
    program.write_bytes(b"\x7fELF")
    assert is_python_source(script)
    assert is_python_source(tmp_path / "missing.py")
    assert not is_python_source(program)
    assert not is_python_source(tmp_path)
