"""``python -m simulator`` as a user meets it: printed lines, files and exit statuses."""

import os
import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest

from simulator.__main__ import main
from simulator.arguments import parse
from simulator.config_file import load_config
from simulator.errors import ConfigurationError, InputFileError, ResourceError
from simulator.memory import check_memory, portion_size
from tests.places import NOISE_IMAGE, ROOT
from tests.simulator.golden import cases, recorded_lines, trace_text

SMALL = "-cell 60 70 80 80 95 105 -default_F 100 -N 3 -lambda 1.1 -distance 60 -detpixels 16 -pixel 1.5 -oversample 1"


@pytest.fixture(autouse=True)
def _in_an_empty_folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)


def run(flags: str, capsys: pytest.CaptureFixture[str]) -> tuple[int, str, str]:
    status = main(flags.split())
    captured = capsys.readouterr()
    return status, captured.out, captured.err


def test_files_and_lines_of_the_recorded_noise_case(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    status, out, err = run(" ".join(cases()["noise_image"].arguments), capsys)
    assert status == 0
    assert err.startswith("simulator: warning: the water background is scaled by r_e² times fluence twice")
    assert err.count("\n") == 1
    assert "mode c-parity, float64 on cpu" in out
    for line in (
        "solid angle subtended by detector = 1.6026 steradian ( 12.7531% sphere)",
        "max_I = 0.645913  at 0.06825 0.06525",
        "mean= 0.0981789 rms= 0.105723 rmsd= 0.0391909",
        "intfile_scale = 85150.8",
        "455 photons on noise image (0 overloads)",
        "  incident fluence: 4e+23 photons/m^2",
        "parallelpiped xtal: 6x6x6 cells",
        "DETECTOR_PIX0_VECTOR 0.06 0.0495 -0.0495",
    ):
        assert line.strip() in out
    assert {path.name for path in tmp_path.iterdir()} == {"floatimage.bin", "intimage.img", "image.pgm", "noise.img"}
    image = np.fromfile("floatimage.bin", dtype=np.float32).reshape(64, 64)
    np.testing.assert_array_equal(image, cases()["noise_image"].image)


def test_integer_and_noise_images_are_the_references_byte_for_byte(capsys: pytest.CaptureFixture[str]) -> None:
    run(" ".join(cases()["noise_image"].arguments), capsys)
    for name, kind in (("intimage.img", "int"), ("noise.img", "noise")):
        content = Path(name).read_bytes()
        recorded = sorted((NOISE_IMAGE).glob(f"{kind}*"))
        pixels = next(path for path in recorded if path.suffix == ".npz")
        with np.load(pixels) as archive:
            expected = archive[archive.files[0]]
        np.testing.assert_array_equal(np.frombuffer(content[512:], dtype=np.uint16).reshape(64, 64), expected)
        header = next(path for path in recorded if path.suffix == ".txt").read_text()
        assert content[:512].decode().split("}")[0] == header.split("}")[0]


def test_a_trace_in_the_output_has_the_references_lines(capsys: pytest.CaptureFixture[str]) -> None:
    pixel = (26, 55)
    status, out, _ = run(" ".join(cases()["mosaic_50"].arguments) + " -trace_pixel 26 55 -nonoise -nopgm", capsys)
    assert status == 0
    expected = [key for key, _ in recorded_lines(trace_text("mosaic_50", pixel)) if not key.startswith("geometry.")]
    lines = [line for line in out.splitlines() if line.startswith("TRACE_PY")]
    assert len(lines) == sum(1 for key in expected if not key.startswith("phi.")) + 1
    assert lines[-1].startswith("TRACE_PY: floatimage_accumulated ")
    assert any(line.startswith("TRACE_PY_PHI phi_tic=0 phi_deg=0 k_frac=") for line in lines)


@pytest.mark.parametrize(
    ("flags", "status", "message"),
    [
        ("-default_F 100", 9, "no crystal"),
        ("-cell 50 50 50 90 90 90", 9, "no structure factors"),
        ("-cell 50 50 50 90 90 90 -hkl missing.hkl", 3, "missing.hkl cannot be read"),
        ("-default_F 1 -mat missing.mat", 3, "missing.mat cannot be read"),
        ("-default_F 1 -mat text.mat", 3, "text.mat is not a matrix"),
        ("-default_F 1 -mat zero.mat", 2, "span no volume"),
        (f"{SMALL} -hkl header.hkl", 3, "header.hkl:1:"),
        (f"{SMALL} -sourcefile comment.txt", 3, "comment.txt:1: not a source"),
        (f"{SMALL} -sourcefile zero.txt", 3, "zero.txt:2: the wavelength 0 m is not positive"),
        (f"{SMALL} -trace_pixel 99 1", 2, "slow 99 fast 1 is not on the detector"),
        (f"{SMALL} -roi 3 5 3 5 -trace_pixel 9 9", 2, "outside the region of interest"),
        (f"{SMALL} -lambda nan", 2, "not a finite number"),
        (f"{SMALL} -lamda 1", 2, "did you mean -lambda"),
        (f"{SMALL} -detpixels 20000000", 5, "takes about"),
        (f"{SMALL} -device mps", 2, "device mps has no float64"),
        (f"{SMALL} -N 1000000000 -oversample 0", 2, "subpixels per direction"),
        (f"{SMALL} -lambda 1e-300 -oversample 0", 2, "subpixels per direction"),
        (f"{SMALL} -twotheta 90 -oversample 0", 2, "subpixels per direction"),
        (f"{SMALL} -phisteps 1000000000000", 2, "does not fit 32 bits"),
        (f"{SMALL} -oversample 2000000", 2, "samples, more than 1e+14"),
        (f"{SMALL} -hkl far.hkl", 5, "spans 2000001 x 2000001 x 2000001 Miller indices"),
        (f"{SMALL} -hkl /dev/zero", 3, "/dev/zero is no file and does not end within"),
        (f"{SMALL} -mat /dev/zero", 3, "/dev/zero is no file and does not end within"),
        (f"{SMALL} -sourcefile /dev/zero", 3, "/dev/zero is no file and does not end within"),
        (f"{SMALL} -mask /dev/zero", 3, "/dev/zero is no file and does not end within"),
        (f"{SMALL} -img /dev/zero", 3, "/dev/zero is no file and does not end within"),
        (f"{SMALL} -mat sparse.mat", 3, "sparse.mat is too large"),
        (f"{SMALL} -mat underscores.mat", 3, "underscores.mat is not a matrix"),
        (f"{SMALL} -\x1b[31mred", 2, "unknown flag -\\x1b[31mred"),
        (f"{SMALL} -hkl \udcff", 3, "\\xff cannot be read"),
        (f"{SMALL} -detector_thick", 2, "the reference crashes"),
        (f"{SMALL} -device abacus", 2, "device 'abacus' is unknown"),
        (f"{SMALL} -floatfile missing/folder/a.bin", 5, "cannot be written"),
        (f"{SMALL} -cell 10 10 10 20 20 90", 2, "no cell has the angles"),
    ],
)
def test_bad_input_gets_one_line_and_leaves_nothing(
    flags: str, status: int, message: str, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    (tmp_path / "text.mat").write_text("a b c d e f g h i")
    (tmp_path / "zero.mat").write_text("0 " * 9)
    (tmp_path / "header.hkl").write_text("h k l F\n1 2 3 4.5\n")
    (tmp_path / "comment.txt").write_text("# sources\n-10 0 0 1 1e-10\n")
    (tmp_path / "zero.txt").write_text("-10 0 0 1 1e-10\n-10 0 0 1 0\n")
    (tmp_path / "far.hkl").write_text("-1000000 -1000000 -1000000 1\n1000000 1000000 1000000 1\n")
    (tmp_path / "underscores.mat").write_text("1_0 " * 9)
    with (tmp_path / "sparse.mat").open("wb") as stream:
        stream.truncate(1 << 41)
    before = set(tmp_path.iterdir())
    found, _, err = run(flags, capsys)
    assert found == status
    assert message in err.splitlines()[0]
    assert err.startswith("simulator: ")
    assert ("usage: " in err) is (status == 9)
    assert len(err.splitlines()) == 1 or status == 9
    assert set(tmp_path.iterdir()) == before


def test_a_device_that_is_absent_becomes_the_cpu_and_says_so(capsys: pytest.CaptureFixture[str]) -> None:
    status, out, _ = run(f"{SMALL} -device cuda:99 -nonoise -nopgm", capsys)
    assert status == 0
    assert "WARNING: device cuda:99 was asked for and is not available; the CPU is used" in out.splitlines()


def test_lenient_warns_and_goes_on(capsys: pytest.CaptureFixture[str]) -> None:
    status, _, err = run(f"{SMALL} -lamda 1 --lenient -nonoise -nopgm", capsys)
    assert status == 0
    assert "warning: unknown flag -lamda" in err


def test_help_and_empty_command(capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["--help"]) == 0
    assert "example: nbtrace-simulate -cell" in capsys.readouterr().out
    assert main([]) == 9
    assert "usage: nbtrace-simulate [--lenient] FLAGS" in capsys.readouterr().err


def test_the_cache_of_a_list_serves_the_next_run(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    (tmp_path / "few.hkl").write_text("0 0 1 50\n1 0 0 70\n-1 2 3 90\n")
    common = SMALL.replace("-default_F 100", "") + " -nonoise -nopgm -nointerpolate"
    assert run(f"{common} -hkl few.hkl -floatfile first.bin", capsys)[0] == 0
    assert run(f"{common} -floatfile second.bin", capsys)[0] == 0
    assert (tmp_path / "first.bin").read_bytes() == (tmp_path / "second.bin").read_bytes()
    assert (tmp_path / "Fdump.bin").stat().st_size > 0


def test_the_module_runs_as_a_program(tmp_path: Path) -> None:
    environment = os.environ | {"PYTHONPATH": str(ROOT), "OMP_NUM_THREADS": "1"}
    command = [sys.executable, "-m", "simulator", *SMALL.split(), "-nonoise", "-nopgm"]
    done = subprocess.run(command, cwd=tmp_path, env=environment, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr
    assert (tmp_path / "floatimage.bin").stat().st_size == 4 * 16 * 16
    assert "max_I = " in done.stdout


def test_flags_and_lint_do_not_import_torch() -> None:
    code = "import sys, simulator.lint, simulator.canonical; sys.exit('torch' in sys.modules)"
    assert subprocess.run([sys.executable, "-c", code], cwd=ROOT, check=False).returncode == 0


def test_a_configuration_file_names_files_beside_itself(tmp_path: Path) -> None:
    folder = tmp_path / "named"
    folder.mkdir()
    (folder / "a.toml").write_text("flags = ['-mat', 'A.mat', '-default_F', '3']\n")
    named = load_config(folder / "a.toml")
    assert named.command.config.crystal.matrix_file == folder / "A.mat"
    assert named.trace_pixel_slow_fast is None
    for text, message in (("flags = 3", "has no flags"), ("flags = [", "is not TOML")):
        (folder / "b.toml").write_text(text)
        with pytest.raises(ConfigurationError, match=message):
            load_config(folder / "b.toml")
    with pytest.raises(InputFileError, match="cannot be read"):
        load_config(folder / "missing.toml")


def test_portions_follow_the_memory_budget() -> None:
    sizes = [portion_size(parse(f"{SMALL} {flags}".split()).config) for flags in ("", "-memory_mb 4", "-memory_mb 1")]
    assert sizes == sorted(sizes, reverse=True)
    assert len(set(sizes)) == 3
    check_memory(parse(SMALL.split()).config)
    with pytest.raises(ResourceError, match="GiB"):
        check_memory(parse([*SMALL.split(), "-detpixels", "9000000"]).config)


def test_golden_cases_say_how_they_were_made() -> None:
    assert len(cases()) == 39
    assert all(len(case.reference_sha256) == 64 and case.arguments for case in cases().values())


def test_the_version_is_told_by_the_name_of_the_executable(capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["--version"]) == 0
    assert capsys.readouterr().out.startswith("nbtrace-simulate 0.")


def test_the_executable_starts_without_the_command_line_of_nbtrace() -> None:
    code = "import sys, simulator.__main__; print(sorted({'typer', 'rich', 'nbtrace', 'torch'} & set(sys.modules)))"
    done = subprocess.run([sys.executable, "-c", code], check=True, capture_output=True, text=True)
    assert done.stdout == "[]\n"
