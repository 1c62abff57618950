from pathlib import Path

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from simulator.arguments import FlagError, Trouble, parse
from simulator.canonical import canonical_arguments
from simulator.config import Config, Convention, Pivot
from simulator.defects import Defect, Mode, Reference, defects_of, mode_name
from simulator.errors import ConfigurationError, SimulatorError
from simulator.flags import FLAGS
from simulator.smv import SmvHeader, write_smv
from simulator.steps import SampleRange, phi_steps, sampling_steps
from tests.places import ROOT
from tests.simulator.golden import cases


def config(flags: str) -> Config:
    return parse(flags.split()).config


@pytest.mark.parametrize(
    ("flags", "message"),
    [
        ("-lamb 1.2", r"unknown flag -lamb; did you mean -lambda\?"),
        ("-dist 100", r"unknown flag -dist; did you mean -distance\?"),
        ("-dispstep 3", r"unknown flag -dispstep; did you mean -dispsteps\?"),
        ("-lambda", r"-lambda needs 1 value \(wavelength"),
        ("-roi 1 2 3", "-roi needs 4 values"),
        ("-lambda nan", "-lambda nan: 'nan' is not a finite number"),
        ("-distance inf", "not a finite number"),
        ("-distance 1O0", "'1O0' is not a number"),
        ("-N 2.9", "'2.9' is not an integer"),
        ("-misset 1 2", "three angles"),
        ("-mode exact", "none of c-parity, spec"),
        ("-mode spek", r"'spek' is no mode or defect; did you mean spec\?"),
        ("-mode c-parity,-stale_phi", r"'stale_phi' is no defect; did you mean stale_phi_rotation\?"),
        ("-mode spec,stale_phi_rotation", "'stale_phi_rotation' after spec needs a sign"),
        ("-mode +stale_phi_rotation", "no mode or defect"),
        ("-N \u0665", "is not an integer"),
        ("-N 1_0", "'1_0' is not an integer"),
        ("-N 0x10", "'0x10' is not an integer"),
        ("-phisteps 1000000000000", "'1000000000000' does not fit 32 bits"),
        ("-distance 1_0", "'1_0' is not a number"),
        ("-distance \u0661\u0660", "is not a number"),
        ("-distance infinity", "not a finite number"),
        ("-cell 10 10 10 0 90 90", "no length or angle of 0"),
        ("-cell 10 0 10", "no length or angle of 0"),
        ("-foo 1", r"^unknown flag -foo; --lenient passes over it$"),
        ("-psf", r"^unknown flag -psf; --lenient passes over it$"),
        ("-detsize_x 4", r"unknown flag -detsize_x; did you mean -detsize_f\?; --lenient"),
        ("-detsize_y 4", r"did you mean -detsize_s\?"),
        ("-detector_abs", "the reference crashes at -detector_abs in last place"),
        ("-detector_absorb", "the reference crashes at -detector_absorb in last place"),
        ("-detector_thick", "the reference crashes"),
        ("-detector_thicksteps", "the reference crashes"),
        ("-thicksteps", "the reference crashes"),
        ("-pivot middle", "neither sample nor beam"),
        ("-energy 0", "must not be 0"),
        ("stray", "stray belongs to no flag"),
        ("-N 36 47 29", "47 and 29 belong to no flag, the crystal is 36 x 36 x 36 cells; --lenient passes over it"),
        ("-lambda 1 2", "2 belongs to no flag: -lambda takes 1 value"),
    ],
)
def test_what_the_reference_ignores_is_an_error(flags: str, message: str) -> None:
    with pytest.raises(FlagError, match=message) as caught:
        config(flags)
    assert "\n" not in str(caught.value)
    assert caught.value.exit_status == 2


@pytest.mark.parametrize(
    ("flags", "message"),
    [
        ("-detpixels 0 -detsize 0", "0 x 0 pixels"),
        ("-detsize 0.01", "0 x 0 pixels"),
        ("-pixel 0", "^-pixel: must be greater than 0$"),
        ("-lambda 0", "^-lambda or -wave or -energy: must be greater than 0$"),
        ("-cell 10 10 10 90 90 200", "^-cell: must be less than 180$"),
        ("-detpixels 10 -trace_pixel 3 20", "slow 3 fast 20 is not on the detector of 10 x 10"),
        ("-detpixels_f 20 -detpixels_s 10 -trace_pixel 15 5", "did you mean the swapped one"),
        ("-distance 0", "detector at distance 0"),
        ("-phisteps 2000000000", "2000000000 steps of the rotation .* more than 2000000 orientations"),
        ("-osc 1e300 -phistep 1e-300", "2147483647 steps of the rotation"),
        ("-mosaic 1 -mosaic_domains 3000000", "3000000 mosaic domains"),
        ("-divergence 1 -divsteps 2000000000", "2000000000 x 2000000000 directions"),
        ("-dispersion 1 -dispsteps 2000000000", "2000000000 wavelengths"),
        ("-detector_thick 1 -thicksteps 2000000000", "2000000000 layers of the sensor"),
        ("-flux 1e9 -beamsize 0", "infinite fluence"),
        ("-dtype float16", "^-dtype: .*float64"),
        ("-threads_emulated 0", "^-threads_emulated: "),
        ("-detpixels 64 -roi 30 20 0 5", "-roi 30 20 0 5 holds no pixel of the detector of 64 x 64"),
        ("-detpixels 64 -roi 70 80 0 5", "-roi 70 80 0 5 holds no pixel"),
    ],
)
def test_flags_that_describe_no_experiment(flags: str, message: str) -> None:
    with pytest.raises(ConfigurationError, match=message) as caught:
        config(flags)
    assert "\n" not in str(caught.value)
    assert caught.value.exit_status == 2


@pytest.mark.parametrize(
    ("flags", "path", "value"),
    [
        ("-wavelength 1.2", "beam.wavelength_angstrom", 1.2),
        ("--lambda 1.2", "beam.wavelength_angstrom", 1.2),
        ("-energy 12398.42", "beam.wavelength_angstrom", 1.0),
        ("-lambda 2 -energy 6199.21", "beam.wavelength_angstrom", 2.0),
        ("-mosaic_spread 0.3", "crystal.mosaic_spread_deg", 0.3),
        ("-mosaicity 0.3", "crystal.mosaic_spread_deg", 0.3),
        ("-mosaic 0.3 -mosaic_domains 4", "crystal.mosaic_domains", 4),
        ("-N 5 -Nb 7", "crystal.Nb", 7),
        ("-detector_thicksteps 3", "detector.thicksteps", 3),
        ("-detector_thick 300 -detector_abs inf", "detector.thickness_um", 0.0),
        ("-detector_abs inf -detector_thick 300", "detector.thickness_um", 300.0),
        ("-polar 0.9 -nopolar", "beam.polarized", False),
        ("-nopolar -polar 0.9", "beam.polarized", True),
        ("-pgmfile a.pgm -nopgm", "output.write_pgm", False),
        ("-nonoise -noisefile n.img", "output.write_noise", True),
        ("-divergence 3", "beam.vdivrange_mrad", 3.0),
        ("-xtal_size 0.1", "crystal.size_z_mm", 0.1),
        ("-misset random", "crystal.misset_random", True),
        ("-misset random -misset 1 2 3", "crystal.misset_random", False),
        ("-cell 50 -default_F 1", "crystal.cell.c_angstrom", 50.0),
        ("-cell 50 60 70 80 -default_F 1", "crystal.cell.beta_deg", 90.0),
        ("-mode spec", "execution.defects", frozenset()),
        ("-printout_pixel 3 4", "output.print_pixels", True),
        ("-oversample_omega", "sampling.oversample", None),
        ("-distance -3", "detector.distance_mm", -3.0),
        ("-distance 0x10", "detector.distance_mm", 16.0),
        ("-curved_det -N 5", "detector.curved", True),
        ("-N 5 -curved_det", "detector.curved", False),
        ("-N 5 -mode spec -curved_det", "detector.curved", True),
        ("-mode c-parity,-last_flag_unseen -curved_det", "detector.curved", True),
        ("-dials -spindle_axis 0 0 1", "detector.pivot", Pivot.BEAM),
        ("-xds -spindle_axis 0 0 1", "detector.pivot", Pivot.SAMPLE),
        ("-dials", "detector.pivot", None),
        ("-cell 40 50 60 70 80 95 -cell 30", "crystal.cell.b_angstrom", 50.0),
        ("-cell 40 50 60 70 80 95 -cell 30 35", "crystal.cell.gamma_deg", 95.0),
        ("-misset random -misset_seed 5 -N 7 -lambda 1", "crystal.misset_random", True),
        (
            "-mode c-parity,+misset_seed_as_misset -misset random -misset_seed 5 -N 7",
            "crystal.misset_deg",
            (5.0, 0.0, 7.0),
        ),
        ("-mode c-parity,+misset_seed_as_misset -misset_seed 5 -N 7 -lambda 1", "crystal.Na", 7),
        ("-mode c-parity,+misset_seed_as_misset -misset random -N 7 -misset_seed 5", "crystal.misset_random", True),
        ("-dump a.bin", "structure.dump_file", Path("a.bin")),
        ("-mode c-parity,+dump_flag_unknown -dump a.bin", "structure.dump_file", Path("Fdump.bin")),
    ],
)
def test_values_reach_their_fields(flags: str, path: str, value: object) -> None:
    found: object = config(flags)
    for name in path.split("."):
        found = getattr(found, name)
    assert found == value


def test_vectors_select_the_custom_convention_and_the_last_flag_wins() -> None:
    assert config("-xds -beam_vector 0 0 1").detector.convention is Convention.CUSTOM
    assert config("-beam_vector 0 0 1 -xds").detector.convention is Convention.XDS
    assert config("-beam_vector 0 0 1 -xds").detector.beam_vector is None
    assert config("-beam_vector 0 0 1 -xds -fdet_vector 1 0 0").detector.beam_vector == (0.0, 0.0, 1.0)
    assert config("-beam_vector 0 0 1 -twotheta 0 -distance 5").detector.pivot is Pivot.BEAM
    assert config("-beam_vector 0 0 1 -distance 5 -twotheta 0").detector.pivot is Pivot.SAMPLE


def test_an_axis_is_read_as_an_angle_too_and_said_so() -> None:
    command = parse(["-twotheta_axis", "0.5", "0", "1"])
    assert command.config.detector.twotheta_deg == 0.5
    assert command.config.detector.pivot is Pivot.SAMPLE
    assert [finding.trouble for finding in command.findings] == [Trouble.COLLISION]
    assert config("-twotheta_axis 0.5 0 1 -twotheta 7").detector.twotheta_deg == 7.0
    spec = config("-twotheta_axis 0.5 0 1 -mode spec")
    assert spec.detector.twotheta_deg == 0.0
    assert spec.detector.pivot is Pivot.BEAM


def test_lenient_reads_as_the_reference_does() -> None:
    command = parse(["-lamb", "2", "-N", "2.9", "-distance", "100mm", "-osc", "x", "-roi", "1", "2"], lenient=True)
    assert command.config.crystal.Na == 2
    assert command.config.detector.distance_mm == 100.0
    assert "the value '2.9' of -N is read as 2" in [finding.remark for finding in command.findings]
    assert {finding.argument for finding in command.findings} >= {"-lamb", "-roi"}


Triple = tuple[int | None, float | None, float | None]

REALS = st.floats(0.01, 900).map(lambda value: round(value, 4))
COMMANDS = st.fixed_dictionaries(
    {},
    optional={
        "-lambda": REALS,
        "-distance": REALS,
        "-twotheta": REALS,
        "-pixel": st.floats(0.05, 1.0),
        "-mosaic_spread": REALS,
        "-phisteps": st.integers(0, 9),
        "-N": st.integers(1, 40),
        "-polar": st.floats(-1, 1),
        "-seed": st.integers(-9, 9),
        "-hkl": st.just("list.hkl"),
        "-mode": st.sampled_from([*(mode.value for mode in Mode), "stale_phi_rotation,running_products"]),
        "-close_distance": REALS,
        "-detector_abs": REALS,
        "-detector_thick": REALS,
    },
)
SWITCHES = (
    """
-xds|-dials|-adxv|-nopolar|-nonoise|-nopgm|-interpolate|-nointerpolate|-square_div|-gauss_xtal|-oversample_omega
-curved_det|-point_pixel|-noprogress|-beam_vector 0 0 1|-twotheta_axis 0 1 0|-spindle_axis -1 0 0|-misset random
-misset 1 -2 3|-roi 1 5 2 7|-cell 50 60 70 80 90 100|-pivot sample|-trace_pixel 3 4|-pix0_vector 1 2 3
""".strip()
    .replace("\n", "|")
    .split("|")
)


@given(COMMANDS, st.lists(st.sampled_from(SWITCHES), max_size=6))
def test_the_canonical_command_gives_the_same_configuration(values: dict[str, object], switches: list[str]) -> None:
    words = [word for switch in switches for word in switch.split()]
    words += [word for flag, value in values.items() for word in (flag, str(value))]
    words += ["-default_F", "3"]
    first = parse(words).config
    canonical = canonical_arguments(first)
    assert parse(canonical).config == first
    assert canonical_arguments(parse(canonical).config) == canonical


def test_every_recorded_command_has_a_canonical_form() -> None:
    for case in cases().values():
        parsed = parse(case.arguments).config
        assert parse(canonical_arguments(parsed)).config == parsed


def test_a_header_sets_the_geometry_before_all_flags(tmp_path: Path) -> None:
    header = SmvHeader(0.2, 95.0, 94.0, 1.3, (5.0, 7.0), 5.1, 7.1, 12.0, (1.0, 2.0, 3.0), (30.5, 20.5), 4.0, 2.0, 0.0)
    path = write_smv(tmp_path / "mask.img", np.ones((60, 50), dtype=np.uint16), header)
    masked = config(f"-lambda 2 -mask {path}")
    assert masked.shape_slow_fast == (60, 50)
    assert masked.beam.wavelength_angstrom == 2.0
    assert masked.detector.close_distance_mm == 94.0
    assert masked.detector.Ybeam_mm == pytest.approx(12.0 - 7.0)
    assert config(f"-img {path}").detector.Ybeam_mm == 7.0
    assert config(f"-img {path}").crystal.osc_deg == 2.0
    with pytest.raises(SimulatorError, match=r"missing.img cannot be read"):
        config(f"-mask {tmp_path / 'missing.img'}")


def test_every_flag_names_fields_that_exist() -> None:
    default = Config()
    for flag in FLAGS:
        for path in (*flag.sets, *flag.fixed):
            section, _, name = path.partition(".")
            assert name in type(getattr(default, section)).model_fields, (flag.token, path)


def test_every_field_can_be_written_as_a_flag() -> None:
    written = {path for flag in FLAGS if flag.canonical for path in (*flag.sets, *flag.fixed)}
    written |= {"crystal.misset_deg", "crystal.misset_random"}
    default = Config()
    sections = {name: type(getattr(default, name)).model_fields for name in Config.model_fields}
    assert {f"{section}.{name}" for section, fields in sections.items() for name in fields} <= written


@pytest.mark.parametrize(
    ("triple", "expected"),
    [
        ((None, None, None), (1, 0.0, 0.0)),
        ((None, None, 0.1), (2, 0.1, 0.1)),
        ((None, 0.2, None), (2, 0.2, 0.2)),
        ((None, 0.2, 0.1), (2, 0.2, 0.1)),
        ((4, None, None), (4, 1.0, 0.25)),
        ((4, None, 0.1), (2, 0.1, 0.1)),
        ((5, 0.2, None), (5, 0.2, 0.05)),
        ((1, 0.2, None), (2, 0.2, 0.2)),
        ((5, 0.2, 0.03), (5, 0.2, 0.03)),
        ((3, 0.0, None), (1, 0.0, 0.0)),
        ((None, 0.0, None), (1, 0.0, 0.0)),
    ],
)
def test_steps_of_divergence(triple: Triple, expected: tuple[int, float, float]) -> None:
    assert sampling_steps(*triple) == SampleRange(*expected)


def test_steps_of_the_sensor_halve_a_lone_thickness() -> None:
    assert sampling_steps(None, 0.4, None, sensor=True) == SampleRange(2, 0.4, 0.2)


@pytest.mark.parametrize(
    ("triple", "expected"),
    [
        ((None, None, None), (1, 0.0, 0.0)),
        ((None, None, 0.5), (2, 0.5, 0.5)),
        ((None, 1.0, None), (2, 1.0, 0.5)),
        ((None, 1.0, 0.3), (4, 1.0, 0.3)),
        ((4, None, None), (4, 90.0, 22.5)),
        ((0, None, None), (1, 90.0, 90.0)),
        ((7, None, 0.5), (2, 0.5, 0.5)),
        ((4, 1.0, None), (4, 1.0, 0.25)),
        ((4, 1.0, 0.0), (4, 1.0, 0.0)),
        ((4, 1.0, -1.0), (4, 1.0, 0.25)),
        ((None, -1.0, None), (1, 0.0, 0.0)),
    ],
)
def test_steps_of_the_rotation(triple: Triple, expected: tuple[int, float, float]) -> None:
    assert phi_steps(*triple, default_range=90.0) == SampleRange(*expected)


def test_modes_are_sets_of_defects() -> None:
    assert Mode.C_PARITY.defects == {defect for defect in Defect if defect.program is Reference.BOTH}
    assert defects_of("c-parity,-stale_phi_rotation") == Mode.C_PARITY.defects - {Defect.STALE_PHI_ROTATION}
    assert defects_of("c-parity,+dump_flag_unknown") == Mode.C_PARITY.defects | {Defect.DUMP_FLAG_UNKNOWN}
    assert defects_of("spec,+cell_c_star_z,+running_products") == {Defect.CELL_C_STAR_Z, Defect.RUNNING_PRODUCTS}
    assert defects_of("stale_phi_rotation") == {Defect.STALE_PHI_ROTATION}
    assert Mode.SPEC.defects == frozenset()
    assert all(defect.description for defect in Defect)
    assert ROOT.joinpath("examples", "supervisor", "supervisor.toml").is_file()


@pytest.mark.parametrize(
    "word",
    [
        "c-parity",
        "spec",
        "c-parity,-stale_phi_rotation",
        "c-parity,+dump_flag_unknown,-cell_c_star_z",
        "spec,+cell_c_star_z",
    ],
)
def test_the_name_of_a_mode_is_the_word_that_asks_for_it(word: str) -> None:
    assert mode_name(defects_of(word)) == word
