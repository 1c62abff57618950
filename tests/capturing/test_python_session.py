"""Captures of Python programs from beginning to end, with their certificates."""

import sys
from pathlib import Path
from textwrap import dedent

import pytest

from nbtrace.capturing.back_end import BackEnd
from nbtrace.capturing.capture_request import CaptureRequest
from nbtrace.capturing.injection import parse_injection
from nbtrace.capturing.probe_file import read_probe_file
from nbtrace.capturing.program_file import found_program
from nbtrace.capturing.session import captured_run, injected_run
from nbtrace.errors import IncompleteError, NbtraceError, PerturbedError, ProgramError, UsageError

PROGRAM = """
    import sys, array

    def main():
        n = int(sys.argv[1])
        image = array.array("f", bytes(4 * n * n))
        for s in range(n):
            for f in range(n):
                total = 0.0
                for phi in range(3):
                    F = s + 0.1 * f + phi
                    total += F * F
                image[s * n + f] = total
        with open("image.bin", "wb") as file:
            image.tofile(file)
        print("done", max(image))

    main()
"""
PROBES = """
    prefix = "TRACE_PY"
    [select]
    function = "main"
    loops = ["s", "f"]
    pixel = ["s", "f"]
    [image]
    quantity = "I"
    default = "image.bin"
    width = "n"
    [[probe]]
    after = "F"
    loop = "phi"
    index = { phi_tic = "phi" }
    quantities = { F_latt = "F" }
    [[probe]]
    after = "image"
    loop = "f"
    quantities = { I = "image[s * n + f]" }
"""


def request(
    folder: Path, program: str = PROGRAM, probes: str = PROBES, at: tuple[int, int] | None = (2, 3), **more: object
) -> CaptureRequest:
    (folder / "port.py").write_text(dedent(program))
    (folder / "probes.toml").write_text(dedent(probes))
    file = read_probe_file(folder / "probes.toml")
    chosen = {} if at is None else {"s": at[0], "f": at[1]}
    arguments = ("port.py", "5")
    return CaptureRequest(Path(sys.executable), arguments, file, chosen, folder=folder, seconds=30.0, **more)  # type: ignore[arg-type]


def test_a_capture_is_of_the_image_that_the_program_writes(tmp_path: Path) -> None:
    result = captured_run(request(tmp_path), tmp_path / "kept")
    numbers = [float(value.numbers[0]) for _, value in result.values]
    assert numbers[:3] == [2 + 0.1 * 3 + phi for phi in range(3)]
    image = result.certificate.image
    assert image is not None
    assert image.agrees
    assert image.in_image == pytest.approx(sum(number**2 for number in numbers[:3]), rel=1e-6)
    assert {item.name for item in result.certificate.same} == {"image.bin", "stdout"}
    assert result.file == tmp_path / "port.py"
    assert result.back_end in {BackEnd.PYTHON_SETTRACE, BackEnd.PYTHON_MONITORING}
    assert (tmp_path / "kept" / "stdout.txt").read_text().startswith("done")
    assert sorted(path.name for path in tmp_path.iterdir()) == ["kept", "port.py", "probes.toml"]


def test_a_value_written_into_the_program_moves_its_pixel_alone(tmp_path: Path) -> None:
    run = injected_run(request(tmp_path), [parse_injection("F_latt@phi_tic=1 = 100")])
    assert run.image is not None
    assert run.image.only_selected
    assert run.image.selected is not None
    expected = (2.3**2) + 100.0**2 + (2 + 0.1 * 3 + 2) ** 2
    assert run.image.selected.after == pytest.approx(expected, rel=1e-6)
    assert run.written[0].before == (2 + 0.1 * 3 + 1,)
    assert run.written[0].after == (100.0,)


def test_a_program_that_notices_the_capture_is_refused(tmp_path: Path) -> None:
    noticing = PROGRAM.replace("def main", "print(sys.modules.get('_nbtrace_inside') is None)\n\n    def main")
    with pytest.raises(PerturbedError, match="writes something else when values are captured from it"):
        captured_run(request(tmp_path, noticing))


def test_a_time_in_the_output_says_nothing_and_the_rest_counts(tmp_path: Path) -> None:
    timed = PROGRAM.replace('print("done"', 'import time; print(time.time_ns()); print("done"')
    certificate = captured_run(request(tmp_path, timed)).certificate
    assert [item.name for item in certificate.unstable] == ["stdout"]
    assert [item.name for item in certificate.same] == ["image.bin"]


@pytest.mark.parametrize(
    ("program", "probes", "error", "said"),
    [
        (PROGRAM.replace("main()\n", "sys.exit(3)\n"), PROBES, ProgramError, "port.py failed: exit 3"),
        ("1 / 0", PROBES.replace('after = "F"', 'after = "x"'), UsageError, "port.py has no function main"),
        ("def main():\n    s = 1 / 0\nmain()", PROBES, UsageError, "has no loop over phi"),
        (PROGRAM.replace("main()\n", "pass\n"), PROBES, IncompleteError, "the function never ran"),
        (PROGRAM, PROBES.replace('{ F_latt = "F" }', '{ F_latt = "G" }'), IncompleteError, "G"),
        (PROGRAM, PROBES.replace('"image.bin"', '"other.bin"'), IncompleteError, "wrote no other.bin"),
        (PROGRAM, PROBES.replace("image[s * n + f]", "total + 1"), PerturbedError, "is not that pixel of the image"),
    ],
)  # fmt: skip
def test_what_is_no_capture_of_the_program_is_refused(
    tmp_path: Path, program: str, probes: str, error: type[NbtraceError], said: str
) -> None:
    with pytest.raises(error, match=said):
        captured_run(request(tmp_path, program, probes), tmp_path / "kept")


def test_a_program_that_never_ends_is_ended(tmp_path: Path) -> None:
    endless = request(tmp_path, PROGRAM + "\n    while True:\n        pass\n")
    endless = CaptureRequest(
        endless.program, endless.arguments, endless.probes, endless.at, seconds=1.0, folder=tmp_path
    )
    with pytest.raises(ProgramError, match="not done after 1 s and killed"):
        captured_run(endless)


def test_a_program_that_is_not_there_and_a_build_are_said(tmp_path: Path) -> None:
    with pytest.raises(UsageError, match="--build is of compiled programs"):
        captured_run(request(tmp_path, build="make"))
    (tmp_path / "port.py").unlink()
    wanted = CaptureRequest(
        found_program(sys.executable, tmp_path), ("port.py",), request(tmp_path).probes, folder=tmp_path
    )
    (tmp_path / "port.py").unlink()
    with pytest.raises(ProgramError, match=r"there is no program port\.py"):
        captured_run(wanted)


def test_an_index_of_an_array_is_no_turn_of_a_loop(tmp_path: Path) -> None:
    program = """
        def main(n=4):
            rows = [[10 * a + b for b in range(n)] for a in range(n)]
            s = 0
            print(rows)
        main()
    """
    probes = """
        [select]
        function = "main"
        pixel = ["s", "f"]
        [[probe]]
        after = "rows"
        quantities = { I = "rows[SLOW][f]" }
    """
    with pytest.raises(UsageError, match="s is a variable of the function, and the name of a selected index"):
        captured_run(request(tmp_path, program, probes.replace("SLOW", "s")))
    fine = probes.replace('["s", "f"]', '["slow", "f"]').replace("SLOW", "slow")
    (tmp_path / "port.py").write_text(dedent(program))
    (tmp_path / "probes.toml").write_text(dedent(fine))
    wanted = CaptureRequest(
        Path(sys.executable),
        ("port.py",),
        read_probe_file(tmp_path / "probes.toml"),
        {"slow": 2, "f": 3},
        folder=tmp_path,
    )
    assert [value.numbers for _, value in captured_run(wanted).values] == [("23",)]
