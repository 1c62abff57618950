"""What the probes of a Python program read, in each Python that there is."""

import os
import subprocess
import sys
from datetime import UTC, datetime
from pathlib import Path

import pytest

from nbtrace.capturing.back_end import BackEnd
from nbtrace.capturing.injection import Injection
from nbtrace.capturing.probe import ProbeFile
from nbtrace.capturing.python_run import read_events, steady_variables
from nbtrace.errors import IncompleteError, ProgramError, UsageError
from nbtrace.evidence.program import ProgramRun
from tests.capturing.python_programs import Program

AFTER_X = """
    [[probe]]
    function = "main"
    after = "x"
    loop = "i"
    index = { i = "i" }
    quantities = { x = "x" }
"""


def in_loop(statement: str, before: str = "x = 0", name: str = "main") -> str:
    lines = "\n".join(f"        {line}" for line in statement.splitlines())
    helper = "def f(a, b=0):\n    return a + b\n"
    return f"{helper}\ndef {name}():\n    {before}\n    for i in range(3):\n{lines}\n\n{name}()\n"


STATEMENTS: tuple[tuple[str, str, list[float]], ...] = (
    ("x = i * 10", "x = 0", [0, 10, 20]),
    ("x += i", "x = 5", [5, 6, 8]),
    ("y, (x, z) = i, (i + 1, 0)", "x = 0", [1, 2, 3]),
    ("x: float = i / 2", "pass", [0, 0.5, 1]),
    ("if (x := i + 7) > 8:\n    z = 1", "x = 0", [7, 8, 9]),
    ("x = f(\n    i,\n    f(1,\n      1),\n)", "x = 0", [2, 3, 4]),
    ("x = f(i); x = f(x, 1)", "x = 0", [1, 2, 3]),
    ("if i == 1: x = 50", "x = 4", [4, 50, 50]),
    ("if i:\n    x = 1\nelse:\n    x = 2\nx = x", "x = 0", [2, 1, 1]),
    ("for j in range(2):\n    x = 10 * i + j", "x = 0", [1, 11, 21]),
    ("with open(__file__) as g:\n    x = i\n    z = 3", "x = 0", [0, 1, 2]),
    ("try:\n    x = i // (i - 1)\nexcept ZeroDivisionError:\n    x = 99", "x = 0", [0, 99, 2]),
    ("x = next(iter([]), i)", "x = 0", [0, 1, 2]),
    ("x = sum(k for k in (i, i))", "x = 0", [0, 2, 4]),
    ("x = i\nif i == 1:\n    continue\nz = 1", "x = 0", [0, 1, 2]),
)
"""What stands in a loop over i, what stands before it, and the x of each turn."""


def test_a_value_is_read_after_the_statement_that_assigns_it_has_run(program: Program) -> None:
    functions = [in_loop(statement, before, f"main{at}") for at, (statement, before, _) in enumerate(STATEMENTS)]
    program.write("\n".join(functions))
    probes = "\n".join(AFTER_X.replace("main", f"main{at}") for at in range(len(STATEMENTS)))
    captured = program.captured(probes)
    read: list[list[float]] = [[] for _ in STATEMENTS]
    for hit, numbers in zip(captured.run.hits, captured.values, strict=True):
        read[hit.probe - 1] += map(float, numbers)
    assert read == [expected for _, _, expected in STATEMENTS]


def test_parts_of_what_is_assigned_count_as_it(program: Program) -> None:
    program.write("""
        class Box:
            pass

        def main():
            box, rows = Box(), [0, 0, 0]
            for i in range(3):
                box.value = i + 1
                rows[i] = box.value * 2
        main()
    """)
    captured = program.captured("""
        [[probe]]
        function = "main"
        after = "box.value"
        loop = "i"
        quantities = { v = "box.value" }
        [[probe]]
        function = "main"
        after = "rows"
        loop = "i"
        quantities = { r = "rows[i]", all = "rows" }
    """)
    assert captured.values == [
        ("1",), ("2", "2", "0", "0"), ("2",), ("4", "2", "4", "0"), ("3",), ("6", "2", "4", "6"),
    ]  # fmt: skip


def test_a_statement_that_raises_gives_no_value(program: Program) -> None:
    program.write("""
        def risky(i):
            if i == 1:
                raise ValueError(i)
            return i

        def main():
            x = -1
            for i in range(3):
                try:
                    x = risky(i)
                except ValueError:
                    pass
                z = x

        def other():
            try:
                y = risky(1)
            except ValueError:
                return 0

        main()
        other()
    """)
    captured = program.captured(
        """
        [[probe]]
        function = "main"
        line = "program.py:11"
        quantities = { before = "x" }
        [[probe]]
        function = "other"
        after = "y"
        optional = true
        quantities = { y = "y" }
        """
    )
    assert captured.numbers == [-1, 0, 0]
    assert captured.run.unread == {}


def test_a_loop_without_a_head_is_told_turn_by_turn(program: Program) -> None:
    program.write("""
        class Done(Exception):
            pass

        numbers = iter([3, 2, 1])

        def step():
            for number in numbers:
                return number
            raise Done

        def main(n):
            while n < 9:
                n = step()

        try:
            main(0)
        except Done:
            pass
    """)
    captured = program.captured("""
        [[probe]]
        function = "main"
        after = "n"
        loop = "n"
        quantities = { n = "n" }
    """)
    assert captured.numbers == [3, 2, 1]


def test_generators_coroutines_and_recursion_keep_their_own_turns(program: Program) -> None:
    program.write("""
        import asyncio

        def numbers(k):
            x = yield k
            while x is not None:
                x = yield k + x

        def down(n):
            rest = down(n - 1) if n else 0
            return rest

        async def waits(n):
            y = await later(n)
            return y

        async def later(n):
            await asyncio.sleep(0)
            return n * 2

        async def both():
            await asyncio.gather(waits(1), waits(2))

        one, two = numbers(10), numbers(20)
        next(one), next(two)
        one.send(1), two.send(2), one.send(3)
        one.close(), two.close()
        down(2)
        asyncio.run(both())
    """)
    captured = program.captured("""
        [[probe]]
        function = "numbers"
        after = "x"
        loop = "x"
        optional = true
        quantities = { x = "x" }
        [[probe]]
        function = "numbers"
        line = "program.py:6"
        quantities = { sent = "x" }
        [[probe]]
        function = "down"
        after = "rest"
        quantities = { n = "n" }
        [[probe]]
        function = "waits"
        after = "y"
        quantities = { y = "y" }
    """)
    by_probe: dict[int, list[float]] = {number: [] for number in (1, 2, 3, 4)}
    for hit, numbers in zip(captured.run.hits, captured.values, strict=True):
        by_probe[hit.probe] += map(float, numbers)
    assert by_probe == {1: [3], 2: [1, 2, 3], 3: [0, 1, 2], 4: [2, 4]}


def test_a_function_that_returns_before_the_place_has_not_come_to_it(program: Program) -> None:
    program.write("""
        def found(rows):
            for row in rows:
                best = row
                if row > 1:
                    return best
            return None

        found([1, 2, 3])
        found([0, 1])
    """)
    captured = program.captured("""
        [[probe]]
        function = "found"
        after = "best"
        quantities = { best = "best" }
    """)
    assert captured.numbers == [1]


def test_only_the_selected_turn_counts_in_a_function_that_the_loop_calls(program: Program) -> None:
    program.write("""
        def deep(v):
            q = v * v
            return q

        def middle(v):
            return deep(v + 1)

        def main():
            for s in range(4):
                for f in range(4):
                    middle(10 * s + f)
        main()
    """)
    probes = """
        [select]
        function = "main"
        loops = ["s", "f"]
        pixel = ["s", "f"]
        [[probe]]
        function = "deep"
        after = "q"
        quantities = { q = "q" }
    """
    assert program.captured(probes, {"s": 2, "f": 3}).numbers == [24**2]
    nowhere = program.captured(probes, {"s": 9, "f": 0})
    assert "never in the selected turn" in nowhere.run.unread[1]


def test_an_index_may_be_of_the_loop_that_calls(program: Program) -> None:
    program.write("""
        def deep(v):
            q = v * v
            return q

        def main():
            for step in range(3):
                deep(10 + step)
        main()
    """)
    probes = """
        [[probe]]
        function = "deep"
        after = "q"
        index = {{ step = "{}" }}
        quantities = {{ q = "q" }}
    """
    hits = program.captured(probes.format("step")).run.hits
    assert [hit.index for hit in hits] == [{"step": 0}, {"step": 1}, {"step": 2}]
    said = program.captured(probes.format("stop")).run.unread[1]
    assert said == "index step: there is no such variable, nor in a function that calls it"


def test_conditions_and_the_first_hit_choose(program: Program) -> None:
    program.write(in_loop("for j in range(3):\n    x = 10 * i + j"))
    probe = AFTER_X.replace('loop = "i"', 'loop = "j"')
    assert program.captured(f"{probe}    when = {{ j = 1, i = 2 }}").numbers == [21]
    assert program.captured(f"{probe}    when = {{ j = 1 }}\n    first = true").numbers == [1]
    assert program.captured(probe).run.hits[4].index == {"i": 1}


def test_threads_are_seen_and_counted(program: Program) -> None:
    program.write("""
        import threading

        def work(n):
            x = n + 0.5
            return x

        threads = [threading.Thread(target=work, args=(n,)) for n in range(4)]
        for thread in threads:
            thread.start()
            thread.join()
    """)
    captured = program.captured("""
        [[probe]]
        function = "work"
        after = "x"
        quantities = { x = "x" }
    """)
    assert captured.numbers == [0.5, 1.5, 2.5, 3.5]


def test_the_program_sees_itself_as_it_is_without_a_capture(program: Program) -> None:
    program.write("""
        import json, os, sys
        x = 1
        print(json.dumps([sys.argv, sys.path, __name__, __file__, sorted(sys.flags), sys.modules["__main__"].__doc__]))
        print([name for name in sys.modules if "sitecustomize" in name and name != "sitecustomize"])
        sys.exit(3)
    """)
    program.arguments = ("-O", "program.py", "--flag", "a b")
    plain = subprocess.run(
        [str(program.python), *program.arguments],
        cwd=program.folder,
        env={**os.environ, **steady_variables()},
        capture_output=True,
        text=True,
        check=False,
    )
    captured = program.captured("""
        [[probe]]
        function = "<module>"
        after = "x"
        quantities = { x = "x" }
    """)
    assert captured.stdout == plain.stdout
    assert captured.stderr == plain.stderr
    assert captured.run.run.status == plain.returncode == 3
    assert captured.numbers == [1]


def test_a_module_is_run_and_other_modules_have_probes(program: Program) -> None:
    program.write("", "pkg/__init__.py")
    program.write("from pkg.inner.deep import f\nf(2)\n", "pkg/__main__.py")
    program.write("", "pkg/inner/__init__.py")
    program.write(
        "class K:\n    def g(self, a):\n        b = a + 1\n        return b\n\ndef f(a):\n    c = K().g(a)\n",
        "pkg/inner/deep.py",
    )
    program.arguments = ("-m", "pkg")
    captured = program.captured("""
        [[probe]]
        function = "pkg.inner.deep:K.g"
        after = "b"
        quantities = { b = "b" }
        [[probe]]
        function = "pkg/inner/deep.py:f"
        after = "c"
        quantities = { c = "c" }
    """)
    assert captured.numbers == [3, 3]


@pytest.mark.parametrize(
    ("probe", "said"),
    [
        ('function = "mian"\nafter = "x"', "no function mian; the nearest name is main"),
        ('function = "main"\nafter = "y"\nloop = "i"', "assigns no y"),
        (
            'function = "main"\nafter = "x"\nloop = "k"',
            "no loop over k; it has i",
        ),
        ('function = "nothing:main"\nafter = "x"', "there is no module nothing"),
        ('function = "math:sin"\nafter = "x"', "math is compiled"),
        ('line = "program.py:3"', "line 3 of program.py holds no statement; the next one is on line 4"),
        ('line = "other.py:3"', "there is no file other.py"),
        ('function = "main"\ntext = "nothing like it"', "no line of program.py has the text"),
        ('function = "main"\nafter = "x"\nloop = "i"\nreturned = "f"', None),
        ('function = "main"\nreturned = "f"', "is of compiled programs"),
    ],
)
def test_a_place_that_is_nowhere_is_said(tmp_path: Path, probe: str, said: str | None) -> None:
    program = Program(tmp_path, Path(sys.executable))
    program.write(in_loop("x = i"))
    with pytest.raises(UsageError, match=said):
        program.captured(f'[[probe]]\n{probe}\nquantities = {{ x = "x" }}')


@pytest.mark.parametrize(
    "expression", ["open('f')", "x.__class__", "print(x)", "[k for k in x]", "9**9**9", "lambda: 0"]
)
def test_an_expression_that_does_more_than_read_is_refused(tmp_path: Path, expression: str) -> None:
    program = Program(tmp_path, Path(sys.executable))
    program.write(in_loop("x = i"))
    with pytest.raises(UsageError, match=r"probe only reads|no name that a probe may read|too large|holds"):
        program.captured(AFTER_X.replace('x = "x"', f'x = "{expression}"'))


def test_a_value_that_cannot_be_read_is_told(program: Program) -> None:
    program.write(in_loop("x = object()"))
    assert program.captured(AFTER_X).run.unread == {1: "x: a object is no number"}
    program.write(in_loop("x = [0.0] * 5000"))
    assert "has 5000 values; give an index" in program.captured(AFTER_X).run.unread[1]


def test_a_probe_that_never_fires_says_how_far_the_program_came(program: Program) -> None:
    program.write("def main():\n    x = 1\n\ndef other(n):\n    if n:\n        y = 2\n        z = y\n\nother(0)\n")
    captured = program.captured("""
        [[probe]]
        function = "main"
        after = "x"
        quantities = { x = "x" }
        [[probe]]
        line = "program.py:7"
        quantities = { z = "y" }
    """)
    assert captured.run.unread == {1: "the function never ran", 2: "the function ran, and never came to the place"}


def test_a_program_with_a_trace_function_of_its_own_is_refused_where_it_takes_the_place(program: Program) -> None:
    program.write("import sys\nsys.settrace(lambda *_: None)\n" + in_loop("x = i"))
    with pytest.raises(IncompleteError, match=r"calls sys.settrace itself, as a debugger"):
        program.captured(AFTER_X, back_end=BackEnd.PYTHON_SETTRACE)


def test_children_of_the_program_are_captured_from(program: Program) -> None:
    program.write("""
        import multiprocessing, sys

        def row(s):
            x = s * 1.5
            return x

        if __name__ == "__main__":
            with multiprocessing.get_context(sys.argv[1]).Pool(2) as pool:
                print(pool.map(row, range(4)))
    """)
    for method in ("fork", "spawn"):
        program.arguments = ("program.py", method)
        captured = program.captured(
            """
            [select]
            function = "row"
            loops = ["s"]
            [[probe]]
            function = "row"
            after = "x"
            quantities = { x = "x" }
            """,
            {"s": 2},
        )
        assert captured.numbers == [3.0]
        assert captured.stdout == "[0.0, 1.5, 3.0, 4.5]\n"


def test_a_python_that_a_shell_leaves_running_does_not_spoil_the_capture(program: Program) -> None:
    program.write("""
        import os, subprocess, sys, time
        line = 'f=open("ready", "w"); f.write("x"); f.close(); import time; time.sleep(600)'
        subprocess.run(["/bin/sh", "-c", "'%s' -c '%s' >/dev/null 2>&1 &" % (sys.executable, line)], check=True)
        while not os.path.exists("ready"):
            time.sleep(0.01)
        def main():
            x = 1.5
        main()
    """)
    captured = program.captured("""
        [[probe]]
        function = "main"
        after = "x"
        quantities = { x = "x" }
    """)
    assert captured.numbers == [1.5]


def test_values_of_several_processes_are_refused(program: Program) -> None:
    program.write("""
        import os
        def f(n):
            x = n
            return x
        if os.fork() == 0:
            f(1)
            os._exit(0)
        os.wait()
        f(2)
    """)
    with pytest.raises(IncompleteError, match="processes, whose order cannot be told"):
        program.captured('[[probe]]\nfunction = "f"\nafter = "x"\nquantities = { x = "x" }')


def test_os_exit_ends_a_capture_as_any_end_does(program: Program) -> None:
    program.write("import os\n" + in_loop("x = i") + "os._exit(4)\n")
    captured = program.captured(AFTER_X)
    assert captured.numbers == [0, 1, 2]
    assert captured.run.run.status == 4


def test_a_program_that_becomes_another_one_is_refused(program: Program) -> None:
    program.write("import os\n" + in_loop("x = i") + "os.execv('/bin/true', ['true'])\n")
    with pytest.raises(IncompleteError, match="was replaced or ended at once"):
        program.captured(AFTER_X)


def test_a_value_written_into_the_program_is_used_by_it(program: Program) -> None:
    program.write("""
        class Box:
            pass

        def main():
            box, row = Box(), [1.0, 2.0]
            for i in range(3):
                x = 1.0 + i
                box.v = 5
                row[1] = x
                print(x, box.v, row)
        main()
    """)
    captured = program.captured(
        """
        [[probe]]
        function = "main"
        after = "row"
        loop = "i"
        index = { turn = "i" }
        quantities = { x = "x", v = "box.v", r = "row[1]", scaled = "x*4 [m]" }
        """,
        settings=("x@turn=1 = 7", "v@turn=2 = 9", "r@turn=0 = 0.25"),
    )
    assert captured.stdout.splitlines() == ["1.0 5 [1.0, 0.25]", "7.0 5 [1.0, 2.0]", "3.0 9 [1.0, 3.0]"]
    assert [float(item.after[0]) for item in captured.run.written] == [0.25, 7, 9]
    scaled = program.captured(
        """
        [[probe]]
        function = "main"
        after = "row"
        loop = "i"
        index = { turn = "i" }
        quantities = { scaled = "x*4 [m]" }
        """,
        settings=("scaled@turn=1,every = 2",),
    )
    assert scaled.numbers == [4, 2, 12]


def test_a_value_is_written_wherever_the_program_has_it_and_arrivals_are_counted(program: Program) -> None:
    program.write("""
        def main():
            for source in range(3):
                for step in range(2):
                    x = 1.0 + step
                    print(source, step, x)
        main()
    """)
    captured = program.captured(
        """
        [[probe]]
        function = "main"
        after = "x"
        loop = "step"
        when = { source = 1 }
        index = { step = "step" }
        quantities = { x = "x" }
        """,
        injections=(
            Injection("x", (7.0,), {"step": 0}, every=True, free=("source",), over=(1.0,)),
            Injection("x", (9.0,), after=1),
        ),
    )
    lines = ["0 0 7.0", "0 1 2.0", "1 0 7.0", "1 1 9.0", "2 0 7.0", "2 1 2.0"]
    assert captured.stdout.splitlines() == lines
    assert captured.numbers == [7, 9]
    assert dict(captured.run.arrivals[1]) == {(0,): 2, (1,): 2, (2,): 2}


def test_each_python_uses_the_back_end_that_costs_least(program: Program) -> None:
    program.write(in_loop("x = i"))
    captured = program.captured(AFTER_X)
    newer = captured.run.version.startswith(("of Python 3.12", "of Python 3.13"))
    assert captured.run.back_end is (BackEnd.PYTHON_MONITORING if newer else BackEnd.PYTHON_SETTRACE)
    again = program.captured(AFTER_X, back_end=BackEnd.PYTHON_SETTRACE)
    assert again.run.back_end is BackEnd.PYTHON_SETTRACE
    assert again.values == captured.values


def test_a_process_that_was_ended_as_it_started_is_no_fault(tmp_path: Path) -> None:
    """A pool ends its children whenever it is done with them."""
    events = tmp_path / "events"
    events.mkdir()
    (events / "events-1.jsonl").touch()
    ended = ProgramRun(("python",), datetime.now(UTC), 1.0, 0)
    with pytest.raises(ProgramError, match="no Python that can be captured from ran"):
        read_events(events, ended, ProbeFile(()))
