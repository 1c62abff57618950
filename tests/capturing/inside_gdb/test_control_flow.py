"""Hits of a probe against what a program prints itself, with the same source and a line that prints at that place."""

import re
import subprocess
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

from nbtrace.capturing.session import captured_run
from nbtrace.errors import IncompleteError
from tests.capturing.programs import need

if TYPE_CHECKING:
    from tests.capturing.conftest import Request

BODIES = {
    "passed_by": "if (i == 1)\n continue;\n if (i == 5)\n break;\n x += i * 0.5;\n PRINT\n",
    "left_by_break": "x += 1;\n if (x > n % 3) {\n x = i * 0.25;\n break;\n }\n PRINT\n",
    "left_by_return": "if (i == n % 4) {\n x = i * 0.125;\n return x + 1;\n }\n PRINT\n",
    "left_by_goto": "x += i;\n if (x > 5) {\n x = x * 0.5;\n goto out;\n }\n PRINT\n",
    "continued": "if (i == 1)\n continue;\n if (i % 2) {\n x += 1;\n PRINT\n continue;\n }\n else\n x -= 2;\n PRINT\n",
    "by_an_inner_loop": "for (j = 0; j < 3; j++) {\n x += i * j;\n if (j == i)\n break;\n }\n PRINT\n",
    "by_a_switch": "switch (i % 3) {\n case 0:\n x += 1;\n break;\n case 1:\n x += 2;\n break;\n"
    " default:\n if (i > 6)\n return x;\n }\n PRINT\n",
    "by_itself": "if (i == 2)\n continue;\n x += n < 3 ? i : by_itself(n - 2 - i);\n PRINT\n",
    "with_a_label": "if (i == 2)\n goto next;\n x += 0.5 * i;\n PRINT\n next:;\n",
    "before_a_do": "if (i == 1)\n continue;\n x += i;\n PRINT\n do {\n j++;\n } while (j % 3);\n",
    "before_an_endless": "x += i;\n PRINT\n while (1) {\n if (j++ % 4 == 3)\n break;\n }\n",
}
"""Bodies of a loop over i; the probe is after x, and PRINT stands where it is."""
HEADS = {"left_by_while": "while (i++ < n) {", "left_by_do": "do {"}
BODIES["left_by_while"] = "if (i % 3 == n % 3) {\n x += i * 0.5;\n if (i > 3)\n break;\n }\n PRINT\n"
BODIES["left_by_do"] = "i++;\n if (i == 2)\n continue;\n x += i * 0.75;\n PRINT\n"
TAILS = {"left_by_do": "} while (i < n);"}

FORTRAN = """program loops
  implicit none
  integer :: n, i
  real(8) :: x
  do n = 5, 7
    x = 0
    do i = 1, n
      if (i == 2) cycle
      if (i == 6) exit
      x = x + i * 0.5d0
PRINT
    end do
    i = 0
    do while (i < n)
      i = i + 1
      if (mod(i, 3) == mod(n, 3)) then
        x = x * 0.5d0
        if (i > 3) exit
      end if
PRINT
    end do
  end do
  print *, 'sum', x
end program loops
"""


def probe(function: str, loop: str, quantity: str) -> str:
    return (
        f'[[probe]]\nfunction = "{function}"\nafter = "x"\nloop = "{loop}"\nindex = {{ i = "i" }}\n'
        f'quantities = {{ {quantity} = "x" }}\n'
    )


def c_source(printing: str) -> str:
    functions = []
    for name, body in BODIES.items():
        shown = printing.replace("NAME", name)
        text = body.replace(" PRINT\n", shown)
        head = HEADS.get(name, "for (i = 0; i < n; i++) {")
        tail = TAILS.get(name, "}")
        functions.append(
            f"__attribute__((noinline)) double {name}(int n) {{\n double x = 0;\n int i = 0, j = 0;\n"
            f" {head}\n {text} {tail}\n goto out;\nout:\n return x + j;\n}}\n"
        )
    calls = "".join(f" for (k = 5; k < 8; k++) s += {name}(k);\n" for name in BODIES)
    main = f'int main(void) {{\n double s = 0;\n int k;\n{calls} printf("sum %g\\n", s);\n}}\n'
    return "#include <stdio.h>\n" + "".join(functions) + main


def built(folder: Path, name: str, text: str, *flags: str) -> Path:
    compiler = "gfortran" if name.endswith("f90") else "gcc"
    need("gdb", compiler)
    (folder / name).write_text(text)
    program = folder / name.partition(".")[0]
    subprocess.run([compiler, *flags, "-w", "-o", str(program), name], check=True, cwd=folder)
    return program


def told(program: Path) -> list[tuple[str, int, float]]:
    """Return what a program prints of itself: name, turn and value."""
    out = subprocess.run([str(program)], check=True, capture_output=True, text=True).stdout
    return [(name, int(i), float(x)) for name, i, x in re.findall(r"at\s+(\w+)\s+(\d+)\s+(\S+)", out)]


@pytest.mark.parametrize("level", ["-O0", "-Og"])
def test_a_probe_is_hit_where_the_program_comes_by_and_nowhere_else(
    tmp_path: Path, request_of: "Request", level: str
) -> None:
    program = built(tmp_path, "loops.c", c_source(""), level, "-g")
    names = [name for name in BODIES if level == "-O0" or name != "left_by_while"]  # of which -Og leaves no code there
    (tmp_path / "loops.toml").write_text("".join(probe(name, "i", name) for name in names))
    result = captured_run(request_of(program))
    got = [(value.quantity, hit.index["i"], float(value.numbers[0])) for hit, value in result.values]
    itself = built(tmp_path, "self.c", c_source(' printf("at NAME %d %.17g\\n", i, x);\n'), "-O0")
    assert got == [line for line in told(itself) if line[0] in names]
    assert {name for name, _, _ in got} == set(names)


def test_a_fortran_loop_that_is_left_or_cut_short_counts_its_whole_turns(tmp_path: Path, request_of: "Request") -> None:
    program = built(tmp_path, "loops.f90", FORTRAN.replace("PRINT\n", ""), "-O0", "-g")
    (tmp_path / "loops.toml").write_text(probe("loops", "i:7", "x") + probe("loops", "i:13", "x"))
    result = captured_run(request_of(program))
    got = [("x", hit.index["i"], float(value.numbers[0])) for hit, value in result.values]
    text = FORTRAN.replace("PRINT", "print '(a, i0, 1x, g0.17)', 'at x ', i, x")
    assert got == told(built(tmp_path, "self.f90", text, "-O0"))
    assert len(got) > 15


def test_an_optimised_program_whose_lines_are_mixed_is_refused(tmp_path: Path, request_of: "Request") -> None:
    program = built(tmp_path, "loops.c", c_source(""), "-O2", "-g")
    (tmp_path / "loops.toml").write_text(probe("left_by_break", "i", "x"))
    with pytest.raises(IncompleteError, match=r"\(x\): it was compiled with -O2, which mixes the lines.*--build"):
        captured_run(request_of(program))
