"""Traps of command lines: what the reference does with them was seen by running it with and without each flag."""

from pathlib import Path

import numpy as np
import pytest

from simulator.arguments import examine
from simulator.errors import ConfigurationError
from simulator.flags import FLAGS
from simulator.lint import lint
from simulator.smv import SmvHeader, write_smv
from simulator.traps import Trap, TrapKind
from tests.places import GOLDEN_SUITE

PLAIN = "-cell 40 50 60 90 90 90 -default_F 100 -N 4 -lambda 1 -distance 60 -detpixels 16 -pixel 2 -misset 10 20 30"
LISTED = "-cell 40 50 60 90 90 90 -lambda 1 -distance 60 -detpixels 16 -pixel 2 -oversample 1"


def traps(flags: str) -> tuple[Trap, ...]:
    return lint(flags.split())


def only(flags: str) -> str:
    """Return the text of the only trap."""
    (trap,) = traps(flags)
    return trap.text


@pytest.fixture(autouse=True)
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.chdir(tmp_path)
    return tmp_path


@pytest.mark.parametrize(
    ("flags", "text"),
    [
        ("-twotheta_axis 0 1 0", "also acts as -twotheta"),
        ("-misset random -misset_seed 3 -N 5 -lambda 1", "upstream program"),
        ("-pix0_vector_mm 1 2 3", "only selects the custom convention"),
        ("-phi 0 -osc 1 -phisteps 4", "φ step 0 is exactly 0"),
        ("-phi -0.5 -osc 1 -phisteps 4", "φ step 2 is exactly 0"),
        ("-xds -Xbeam 3", "under the XDS convention"),
        ("-ORGX 3", "under the MOSFLM convention"),
        ("-xds -beam_vector 0 0 1", "the other vectors are those of the custom convention"),
        ("-beam_vector 0 0 1 -xds", "overrules all given vectors"),
        ("-dump x.bin", "ignored by the instrumented fork"),
        ("-density 1", "-density has no effect"),
        ("-lamb 2", "unknown flag -lamb"),
        ("-oversample_thick", "image of zeros"),
        ("-oversample_omega", "running sum"),
        ("-detector_thick 300", "last layer captures"),
        ("-hkl a.hkl", "tricubic interpolation"),
        ("-flux 1e9 -fluence 1e9", "-fluence 1e9 has no effect: -flux counts"),
        ("-distance 3 -close_distance 4", "-distance 3 has no effect: the close distance counts"),
        ("-water 3", "scaled by r_e"),
        ("-phistep 1", "two steps"),
        ("-phisteps 5", "one degree"),
        ("-lambda nan", "not a finite number"),
        ("-N 5 -detector_abs", "the reference crashes at -detector_abs in last place"),
        ("-N 5 -curved_det", "-curved_det in last place is not seen by the reference: it has no effect"),
        ("-N 5 -mode spec -curved_det", "-curved_det in last place is not seen by the reference: it counts here"),
        ("-N 2.9", "the value '2.9' of -N is read as 2"),
        ("-N 36 47 29 -lambda 1", "47 and 29 belong to no flag"),
        ("-twotheta 10 -pivot sample", "-pivot sample has no effect"),
        ("-dials -pivot beam", "-pivot beam has no effect"),
        ("-seed 1 -misset random", "another orientation in every run"),
        ("-beam_vector 0 0 0", "-beam_vector 0 0 0 is no direction"),
        ("-spindle_axis 0 0 0", "-spindle_axis 0 0 0 is no direction"),
        ("-phisteps 2000000000", "orientations"),
    ],
)
def test_lint_names_the_trap(flags: str, text: str) -> None:
    assert any(text in trap.text for trap in traps(flags))


def test_lint_is_silent_about_plain_commands() -> None:
    for flags in (
        "-cell 50 50 50 90 90 90 -default_F 1 -N 5 -lambda 1 -distance 100 -detpixels 64 -oversample 1",
        f"{PLAIN} --oversample 1",
        f"{PLAIN} -mosflm -pivot beam",
        f"{PLAIN} -mosaicity 1 -mosaic_domains 5 -mosaic_seed 3",
        f"{PLAIN} -sample_thickness 0.001 -xtal_height 0.001 -detector_absorb 200 -detector_thick 300 -mode spec",
        "-cell 40 50 60 90 90 90 -default_F 100 -N 4 -wavelength 1 -pixel_size 0.1 -distance_mm 60",
        "-misset_seed 3 -misset random -N 3",
        f"{PLAIN} -twotheta_axis 0 1 0 -twotheta 5",
        f"{PLAIN} -osc 1 -phisteps 4 -phi 2 -detector_rotx -3 -Xbeam -4",
    ):
        assert traps(flags) == (), flags


@pytest.mark.parametrize(
    ("flags", "text"),
    [
        (
            "-pixel_batch_size 100",
            "-pixel_batch_size is no flag of the reference, which finds -pixel in it and takes it as -pixel 100",
        ),
        (
            f"{PLAIN} -pixelmask 5",
            "and takes it as -pixel 5; -pixel 2 before it does not count",
        ),
        (f"{PLAIN} -flux_density 1e9", "takes it as -flux 1e9"),
        (f"{PLAIN} -distance_um 500", "takes it as -distance 500; -distance 60 before it does not count"),
        (f"{PLAIN} -gain 3", "unknown flag -gain (ignored, as the reference does)"),
        (PLAIN.replace("-N 4", "-N 36 47 29"), "47 and 29 belong to no flag, the crystal is 36 x 36 x 36 cells"),
        (f"{PLAIN} -oversample 1 -5 2 3", "-5, 2 and 3 belong to no flag: -oversample takes 1 value"),
        (PLAIN.replace("-detpixels 16", "-detpixels 16 20"), "20 belongs to no flag, the detector is 16 x 16 pixels"),
        (f"{PLAIN} -nopolar 1", "1 belongs to no flag: -nopolar takes no value"),
        (f"-N 5 {PLAIN}", "-N 5 has no effect: -N 4 after it counts"),
        (f"{PLAIN} -energy 9000", "-lambda 1 has no effect: -energy 9000 after it counts"),
        (f"{PLAIN} -round_xtal -gauss_xtal", "-round_xtal has no effect: -gauss_xtal after it counts"),
        (f"{PLAIN} -xds -mosflm", "-xds has no effect: -mosflm after it counts"),
        (
            f"{PLAIN} -mosaic -point_pixel",
            "-mosaic takes -point_pixel for its value, which is read as 0, and the reference takes it as a flag too",
        ),
        (
            f"{PLAIN} -mosflm -twotheta 10 -pivot sample",
            "-pivot sample has no effect: under the MOSFLM convention the pivot is always the beam",
        ),
        (
            f"{PLAIN} -dials -twotheta 10 -pivot beam",
            "-pivot beam has no effect: under the DIALS convention the pivot is always the sample",
        ),
        (f"{PLAIN} -xds -Xbeam 3 -Ybeam 4", "-Xbeam 3 and -Ybeam 4 have no effect: under the XDS convention"),
        (
            f"{PLAIN} -adxv -ORGX 3",
            "-ORGX 3 has no effect: under the ADXV convention the beam centre is -Xbeam and -Ybeam alone",
        ),
        (f"{PLAIN} -fdet_vector 0 0 1 -Xbeam 3 -Xclose 4 -pivot beam", "-Xclose 4 has no effect: -Xbeam counts"),
        (f"{PLAIN} -fdet_vector 0 0 1 -Xbeam 3 -ORGX 4 -pivot beam", "-ORGX 4 has no effect: -Xbeam counts"),
        (f"{PLAIN} -fdet_vector 0 0 1 -xds", "-fdet_vector has no effect: -xds after it overrules all given vectors"),
        (f"{PLAIN} -spindle_axis 0 1 0", "only selects the custom convention: the crystal is not rotated"),
        (f"{PLAIN} -polar_vector 0 1 0", "only selects the custom convention: the beam is not polarised"),
        (f"{PLAIN} -odet_vector 2 1 0", "the reference computes the normal from"),
        (f"{PLAIN} -xtalsize 0.001", "-N 4 has no effect: the size of the crystal gives its number of cells"),
        (f"{PLAIN} -detsize 30", "-detsize 30 has no effect: -detpixels counts"),
        (f"{PLAIN} -exposure 3", "-exposure 3 has no effect: there is no -flux"),
        (f"{PLAIN} -polar 0.9 -nopolar", "-polar 0.9 has no effect"),
        (f"{PLAIN} -nonoise -seed 3", "-seed 3 has no effect: it seeds the image with noise, which is not written"),
        (f"{PLAIN} -misset_seed 5", "-misset_seed 5 has no effect: it seeds -misset random, which is not there"),
        (f"{PLAIN} -mosaic_domains 5 -mosaic_seed 3", "-mosaic_domains 5 and -mosaic_seed 3 have no effect"),
        (f"{PLAIN} -fudge 2", "-fudge 2 has no effect: a square crystal has none"),
        (f"{PLAIN} -dispsteps 3", "-dispsteps 3 has no effect: without -dispersion there is one wavelength"),
        (f"{PLAIN} -thicksteps 3", "-thicksteps 3 has no effect: the sensor has no thickness"),
        (f"{PLAIN} -interpolate", "-interpolate has no effect: there is no list of structure factors"),
        (f"{PLAIN} -osc 1 -phisteps 1", "-osc 1 has no effect: with one step the crystal stands at the start"),
        (f"{PLAIN} -osc 0 -phisteps 10", "-phisteps 10 has no effect: -osc 0 is no rotation"),
        (
            f"{PLAIN} -phi 3 -osc 1 -phistep 0.3 -phisteps 7",
            "-osc 1 is not the range of the rotation, which is -phistep times -phisteps: 2.1 degrees",
        ),
        (f"{PLAIN} -phi 3 -osc 1", "-osc without -phisteps takes two steps"),
        (f"{PLAIN} -hdivsteps 1", "its one source is half a radian off the beam"),
        (f"{PLAIN} -hdivrange 1 -hdivsteps 1", "-hdivsteps 1 with a range is two steps"),
        ("-cell 40 50 -default_F 1 -N 3", "-cell 40 50 lacks values: the cell is 40 50 40 Å, 90 90 90 degrees"),
        (PLAIN.replace("-N 4", "-Na 0"), "0 cells along a are taken as 1"),
        (f"{PLAIN} -mat no.mat", "-mat no.mat: there is no such file"),
        (f"{PLAIN} -mask no.img", "no.img cannot be read"),
    ],
)
def test_one_trap_is_one_finding(flags: str, text: str) -> None:
    assert text in only(flags)


def test_the_clock_is_named_where_it_seeds_the_orientation() -> None:
    for flags in ("-seed 1 -misset random", "-misset random", f"{PLAIN} -misset random -seed 5"):
        clock = [trap for trap in traps(flags) if trap.kind is TrapKind.CLOCK]
        assert len(clock) == 1, flags
        assert "the clock seeds it" in clock[0].text
    assert not any(trap.kind is TrapKind.CLOCK for trap in traps("-misset_seed 1 -misset random"))


def test_what_the_upstream_program_takes_for_misset_is_said_only_where_it_matters() -> None:
    assert "is read by the upstream program as -misset 3 -N 5 too" in only(
        "-misset random -misset_seed 3 -N 5 -lambda 1"
    )
    assert traps("-misset_seed 3 -N 5 -lambda 1 -misset random") == ()
    assert traps("-N 5 -lambda 1 -misset random -misset_seed 3") == ()


def test_why_no_run_can_be_made_names_the_word_that_was_swallowed() -> None:
    (trap,) = traps("-N 3 -lambda -distance 80")
    assert "must be greater than 0; -lambda takes -distance for its value, which is read as 0" in trap.text


MATRIX = " 0.024 0 0\n 0 0.0192 0\n 0 0 0.016\n 0 0 0\n 1 0 0\n 0 1 0\n 0 0 1\n"
"""λ·a*, λ·b*, λ·c* of a cell of 40 50 60 Å at 0.96 Å, and the identity for U."""


@pytest.mark.parametrize(
    ("stated", "flags", "text"),
    [
        (
            "40 50 60 90 90 90\n",
            "-lambda 0.5",
            "a.mat: at -lambda 0.5 its cell is 20.83 26.04 31.25 90 90 90, but the file itself says 40 50 60",
        ),
        ("40 50 60 90 90 90\n", "", "at the wavelength of 1 Å its cell is 41.67 52.08 62.5 90 90 90"),
        ("40 50 66 90 90 90\n", "-lambda 0.96", "but the file itself says 40 50 66 90 90 90"),
        ("40 50 60 90 95 90\n", "-energy 12915.02", "but the file itself says 40 50 60 90 95 90"),
        ("40 50 60 90 90 90\n", "-lambda 0.96", None),
        ("40.1 49.9 60.1 90.2 90 90\n", "-energy 12915.02", None),
        ("", "-lambda 0.5", None),
        ("forty 50 60 90 90 90\n", "-lambda 0.5", None),
        ("40 50 60 90 90 90\n", "-lambda 0.5 -cell 40 50 60 90 90 90", None),
        (
            "40 50 60 90 90 90\n",
            "-lambda 0.5 -cell 40 50 60 90 100 90",
            "the angles of -cell have no effect beside -mat a.mat",
        ),
    ],
)
def test_a_matrix_is_held_against_the_cell_that_its_file_states(
    folder: Path, stated: str, flags: str, text: str | None
) -> None:
    (folder / "a.mat").write_text(MATRIX + stated)
    found = traps(f"-mat a.mat -default_F 100 -N 5 {flags}")
    if text is None:
        assert found == ()
    else:
        (trap,) = found
        assert text in trap.text
        same_shape = "40 50 60 90 90" in stated and "-cell" not in flags
        assert (": the matrix was made at 0.96 Å" in trap.text) is same_shape


def test_a_matrix_that_is_none_is_said(folder: Path) -> None:
    for content, text in (("1 2 3", "is not a matrix"), ("1 0 0 2 0 0 3 0 0", "are no matrix of a cell")):
        (folder / "a.mat").write_text(content)
        assert text in only("-mat a.mat -default_F 100 -N 5")


@pytest.mark.parametrize(
    ("content", "flags", "text"),
    [
        (
            "-10 0 0 1.0 1e-10\n-10 0 0 0.1 1.02e-10\n",
            "",
            "the weights of s.txt, its fourth column (1, 0.1), have no effect",
        ),
        ("-10 0 0 1.0 1e-10\n-10 0 0 0.1 1.02e-10\n", "-mode spec", None),
        ("-10 0 0 0.5 1e-10\n-10 0.1 0 0.5 1e-10\n", "", None),
        ("-10 0 0 1.0 1.0\n", "", "1 m is surely meant in Å; 1 Å is 1e-10"),
        ("-10 0 0 1.0 0.1\n", "", "0.1 m is surely meant in Å"),
        ("-10 0 0 1.0 1e-10", "", None),
        ("-10 0 0 1.0", "", "its last line has no end of line"),
        ("-10 0 0\n", "", None),
        (
            "10 0 0 1 1e-10\n",
            "",
            "source 1 shines 180° away from the beam of the MOSFLM convention, which is along 1 0 0",
        ),
        ("-10 0 0 1 1e-10\n", "-xds", "source 1 shines 90° away from the beam of the XDS convention"),
        ("# x y z\n-10 0 0 1 1e-10\n", "", "s.txt:1: not a source"),
        (
            "-10 0 0 1 1.5e-10\n",
            "-oversample 1",
            "-lambda 1 has no effect: every source of s.txt has a wavelength of its own",
        ),
        (
            "-10 0 0 1 1e-10\n",
            "-dispersion 1 -dispsteps 3",
            "-dispersion 1 and -dispsteps 3 have no effect: the sources are those of -sourcefile",
        ),
    ],
)
def test_a_list_of_sources_is_read_as_the_reference_reads_it(
    folder: Path, content: str, flags: str, text: str | None
) -> None:
    (folder / "s.txt").write_text(content)
    command = f"{PLAIN} -sourcefile s.txt {flags}"
    if text is None:
        assert traps(command) == ()
    else:
        assert text in only(command)


SHELX = "".join(f"{h:4d}{k:4d}{-3:4d}{999.5:8.2f}{3.25:8.2f}\n" for h in (-12, 0, 3) for k in (1, 100))
FOREIGN = {
    "an MTZ file": b"MTZ \x15\x00\x00\x00" + bytes(80),
    "compressed by gzip": b"\x1f\x8b\x08\x00" + bytes(20),
    "a list of XDS": b"!FORMAT=XDS_ASCII    MERGE=FALSE\n!END_OF_HEADER\n 1 0 0 12.5 0.4 3.2 4.1 5.0\n!END_OF_DATA\n",
    "a CIF": b"data_1abc\nloop_\n_refln.index_h\n_refln.index_k\n_refln.index_l\n1 0 0 12.5\n",
    "a list of SCALEPACK": b"    1\n -987\n 40 50 60 90 90 90 p1\n   1   0   0   12.5   0.4\n",
    "a list of CNS": b" NREFlection= 2\n INDE 1 0 0 FOBS= 12.5\n INDE 2 0 0 FOBS= 2.5\n",
    "a list of SHELX": SHELX.encode() + b"   0   0   0    0.00    0.00\n",
    "a list of 5 columns": b"1 0 0 12.5 0.4\n2 0 0 1.5 0.4\n",
    "a list with a heading (h …)": b"h k l F\n1 0 0 12.5\n2 0 0 1.5\n",
    "a list with commas": b"1,0,0,12.5\n2,0,0,1.5\n",
    "the reference's own cache": b"-1 1 -1 1 -1 1\n\f" + bytes(512),
}


@pytest.mark.parametrize("name", FOREIGN)
def test_a_list_in_the_format_of_another_program_is_named(folder: Path, name: str) -> None:
    (folder / "p.hkl").write_bytes(FOREIGN[name])
    text = only(f"{LISTED} -hkl p.hkl -N 5")
    assert f"p.hkl is {name}" in text or name in text
    assert "the reference reads any four numbers in a row as h k l F" in text


@pytest.mark.parametrize("ending", ["\n", "\r\n", ""])
def test_a_plain_list_is_none_of_another_program(folder: Path, ending: str) -> None:
    lines = [f"{h} {k} 1 {h * k}.5" for h in range(-9, 9) for k in range(-9, 9)]
    (folder / "p.hkl").write_text((ending or "\n").join(lines) + ending)
    assert traps(f"{LISTED} -hkl p.hkl -N 5") == ()
    (folder / "p.hkl").write_text(f"1 0 0 5{ending}")
    assert traps(f"{LISTED} -hkl p.hkl -N 5") == ()
    (folder / "p.hkl").write_text(f"   1   0   0  100.00\n  -1   0   0  100.00{ending}")
    assert traps(f"{LISTED} -hkl p.hkl -N 5") == ()


def cube(size: int) -> str:
    edge = range(-size, size + 1)
    return "".join(f"{h} {k} {m} {50 + h}\n" for h in edge for k in edge for m in edge)


def test_a_list_that_is_too_small_to_be_interpolated_in_is_said(folder: Path) -> None:
    (folder / "p.hkl").write_text(cube(1))
    text = only(f"{LISTED} -hkl p.hkl -N 5 -interpolate")
    assert text.startswith("-interpolate has no effect: p.hkl has h -1 to 1, k -1 to 1 and l -1 to 1")
    assert "in pixel slow 0 fast 0, switches interpolation off" in text
    assert traps(f"{LISTED} -hkl p.hkl -N 5 -nointerpolate") == ()
    assert traps(f"{LISTED} -hkl p.hkl -N 5 -interpolate -mode spec") == ()
    (folder / "p.hkl").write_text(cube(22))
    assert traps(f"{LISTED} -hkl p.hkl -N 5 -interpolate") == ()
    (folder / "p.hkl").write_text(cube(8))
    (later,) = traps(f"{LISTED} -hkl p.hkl -N 5 -interpolate -Xbeam 2 -Ybeam 2")
    assert later.text.startswith("interpolation ends: p.hkl has")
    assert " (0 of " not in later.text


def test_a_cache_that_lies_in_the_folder_is_said(folder: Path) -> None:
    assert traps(PLAIN) == ()
    (folder / "Fdump.bin").write_bytes(b"-1 1 -1 1 -1 1\n\f" + bytes(512))
    assert "without -hkl the reference reads the structure factors of Fdump.bin" in only(PLAIN)


def test_files_are_left_alone_where_nobody_asks() -> None:
    assert lint(f"{PLAIN} -mat no.mat".split(), files=False) == ()


def test_a_close_distance_in_a_header_beats_the_flag(folder: Path) -> None:
    header = SmvHeader(0.2, 95.0, 94.0, 1.3, (5.0, 7.0), 5.1, 7.1, 12.0, (1.0, 2.0, 3.0), (30.5, 20.5), 4.0, 0.0, 0.0)
    write_smv(folder / "h.img", np.ones((20, 20), dtype=np.uint16), header)
    flags = "-cell 40 50 60 90 90 90 -default_F 100 -N 4 -img h.img -distance 60"
    assert "-distance 60 has no effect: the close distance counts" in [trap.text for trap in traps(flags)]


def test_what_is_said_to_have_no_effect_leaves_the_configuration_as_it_is() -> None:
    """Each flag alone, with a value that is not its default: without one that is idle, the rest is the same."""
    for flag in FLAGS:
        if flag.special is not None or flag.count > 1:
            continue
        words = [*PLAIN.split(), flag.token, *["3"] * flag.count, "-nonoise"]
        idle = [trap.text for trap in lint(words, files=False) if trap.text.startswith(f"{flag.token} 3 has no effect")]
        if idle:
            with_it, without = examine(words).config, examine([*PLAIN.split(), "-nonoise"]).config
            sections = [name for name in type(with_it).model_fields if getattr(with_it, name) != getattr(without, name)]
            own = {name.partition(".")[0] for name in flag.sets}
            assert set(sections) <= own, flag.token


def test_a_flag_that_makes_no_run_is_one_trap() -> None:
    with pytest.raises(ConfigurationError):
        examine(["-phisteps", "2000000000"])
    assert "orientations" in only("-phisteps 2000000000")


def test_examples_of_the_golden_suite_are_read(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(GOLDEN_SUITE / "inputs")
    weights = "the weights of sources.txt, its fourth column (1, 0.7, 0.4), have no effect"
    assert weights in only(f"{PLAIN} -sourcefile sources.txt")
    assert traps("-mat A.mat -hkl small.hkl -lambda 0.97680 -N 5 -nointerpolate") == ()
