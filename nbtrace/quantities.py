"""The vocabulary: every quantity of a trace once, in the order in which the reference computes it.

Parsers, comparators, reports and the recorder ask this module what a key means. A quantity's *inputs* are the quantities
that its formula takes directly; they make the graph by which a root divergence is told from its consequences.
"""

from dataclasses import dataclass
from enum import Enum, IntEnum, StrEnum
from functools import cache

from nbtrace import units


class Stage(IntEnum):
    """Where in a run a quantity arises; stages follow one another in execution order."""

    GEOMETRY = 0
    CELL = 1
    PIXEL = 2
    LATTICE = 3
    PHI = 4
    SOURCE = 5
    SCALING = 6


class Kind(StrEnum):
    """What a value of the quantity looks like."""

    SCALAR = "scalar"
    VECTOR = "vector"
    MATRIX = "matrix"
    NAMED = "named"
    TEXT = "text"


class Basis(Enum):
    """What the default tolerance of a quantity is measured against."""

    RELATIVE = "relative"
    ABSOLUTE = "absolute"


@dataclass(frozen=True, slots=True)
class Quantity:
    """One named quantity of the computation.

    Attributes
    ----------
    name : str
        The key of the C log, which is the name in every report and document.
    unit : str
        The unit of the values in records of this name ("1": dimensionless).
    kind : Kind
        Scalar, vector of 3, row-major matrix of 9, `name:value` pairs, or text.
    basis : Basis
        Whether its default tolerance is relative to C's value or absolute.
    stage : Stage
        Where it arises.
    inputs : tuple of str
        Names of the quantities that its formula takes directly.
    aliases : tuple of (str, str)
        Other keys under which it is printed, each with the unit that is true there.
    description : str
        One line for people, the formula where it is short.
    """

    name: str
    unit: str
    kind: Kind
    basis: Basis
    stage: Stage
    inputs: tuple[str, ...]
    aliases: tuple[tuple[str, str], ...]
    description: str


@dataclass(frozen=True, slots=True)
class Meaning:
    """What a printed key stands for: a quantity, the true unit under that key, and the factor to the record unit."""

    quantity: str
    unit: str | None
    scale: float = 1.0


# name | unit | kind | inputs | other keys, separated by ";", each with "@unit" where it differs | description
_TABLE = """
GEOMETRY
detector_convention      | 1   | text   |                                     | convention                     | Convention that fixes the axes and the beam centre
angles_rad               | rad | named  |                                     |                                | Detector rotations about x, y, z and the two-theta angle
beam_center_m            | m   | named  |                                     |                                | Beam centre as given; the reference prints it divided by 1000
initial_fdet             | 1   | vector | detector_convention                 | fdet_vector_initial            | Fast axis before rotations
initial_sdet             | 1   | vector | detector_convention                 | sdet_vector_initial            | Slow axis before rotations
initial_odet             | 1   | vector | detector_convention                 | odet_vector_initial            | Detector normal before rotations
Rx                       | 1   | matrix | angles_rad                          |                                | Rotation of the detector about x
Ry                       | 1   | matrix | angles_rad                          |                                | Rotation of the detector about y
Rz                       | 1   | matrix | angles_rad                          |                                | Rotation of the detector about z
R_total                  | 1   | matrix | Rx Ry Rz                            |                                | Rz·Ry·Rx
Fclose_m                 | m   | scalar | beam_center_m                       |                                | Fast coordinate of the detector point nearest to the sample
Sclose_m                 | m   | scalar | beam_center_m                       |                                | Slow coordinate of the detector point nearest to the sample
close_distance_m         | m   | scalar |                                     |                                | Distance from the sample to the detector plane, as set up
ratio                    | 1   | scalar | initial_odet R_total                |                                | Cosine between the beam and the detector normal
term_fast_before_rot     | m   | vector | Fclose_m initial_fdet               |                                | −Fclose·f̂ before rotations
term_slow_before_rot     | m   | vector | Sclose_m initial_sdet               |                                | −Sclose·ŝ before rotations
term_close_before_rot    | m   | vector | close_distance_m initial_odet       |                                | Close distance along ô before rotations
pix0_before_rotation     | m   | vector | term_fast_before_rot term_slow_before_rot term_close_before_rot | pix0_unrotated | Sum of the three terms
pix0_after_rotz          | m   | vector | pix0_before_rotation R_total        |                                | The same after the detector rotations
fdet_after_rotz          | 1   | vector | initial_fdet R_total                |                                | Fast axis after the detector rotations
sdet_after_rotz          | 1   | vector | initial_sdet R_total                |                                | Slow axis after the detector rotations
odet_after_rotz          | 1   | vector | initial_odet R_total                |                                | Detector normal after the detector rotations
twotheta_axis            | 1   | vector | detector_convention                 |                                | Axis of the two-theta rotation
fdet_after_twotheta      | 1   | vector | fdet_after_rotz twotheta_axis angles_rad | DETECTOR_FAST_AXIS        | Fast axis after all rotations
sdet_after_twotheta      | 1   | vector | sdet_after_rotz twotheta_axis angles_rad | DETECTOR_SLOW_AXIS        | Slow axis after all rotations
odet_after_twotheta      | 1   | vector | odet_after_rotz twotheta_axis angles_rad | DETECTOR_NORMAL_AXIS      | Detector normal after all rotations
convention_mapping       | 1   | text   | detector_convention                 |                                | How the beam centre maps onto the detector axes
Fbeam_m                  | m   | scalar | beam_center_m                       | Fbeam                          | Fast coordinate of the direct beam
Sbeam_m                  | m   | scalar | beam_center_m                       | Sbeam                          | Slow coordinate of the direct beam
distance_m               | m   | scalar |                                     | distance; distance_mm@mm       | Distance from the sample to the detector along the beam
term_fast                | m   | vector | Fbeam_m fdet_after_twotheta         |                                | −Fbeam·f̂
term_slow                | m   | vector | Sbeam_m sdet_after_twotheta         |                                | −Sbeam·ŝ
term_beam                | m   | vector | distance_m                          |                                | Distance along the beam
pix0_vector_calculated   | m   | vector | term_fast term_slow term_beam       |                                | Position of the detector's first corner, as calculated
pix0_vector              | m   | vector | term_fast term_slow term_beam       | DETECTOR_PIX0_VECTOR           | Position of the detector's first corner, as set up
pix0_after_twotheta      | m   | vector | pix0_after_rotz twotheta_axis angles_rad |                           | Position of the detector's first corner after all rotations
CELL
a_star_input            | Å⁻¹ | vector |                                     |                                | Reciprocal cell vector a* as the cell or the matrix gives it
b_star_input            | Å⁻¹ | vector |                                     |                                | Reciprocal cell vector b* as the cell or the matrix gives it
c_star_input            | Å⁻¹ | vector |                                     |                                | Reciprocal cell vector c* as the cell or the matrix gives it
a_star_misset           | Å⁻¹ | vector | a_star_input                        |                                | Reciprocal cell vector a* after the misset rotation
b_star_misset           | Å⁻¹ | vector | b_star_input                        |                                | Reciprocal cell vector b* after the misset rotation
c_star_misset           | Å⁻¹ | vector | c_star_input                        |                                | Reciprocal cell vector c* after the misset rotation
vec_a_star              | Å⁻¹ | vector |                                     | a_star; mosflm_a_star_rederived | Reciprocal cell vector a* in the lab frame
vec_b_star              | Å⁻¹ | vector |                                     | b_star; mosflm_b_star_rederived | Reciprocal cell vector b* in the lab frame
vec_c_star              | Å⁻¹ | vector |                                     | c_star; mosflm_c_star_rederived | Reciprocal cell vector c* in the lab frame
V_star                   | Å⁻³ | scalar | vec_a_star vec_b_star vec_c_star |                                | Volume of the reciprocal cell, a*·(b*×c*)
V_cell                   | Å³  | scalar | V_star                              | V_actual                       | Volume of the cell, 1/V*
vec_a                   | Å   | vector | vec_b_star vec_c_star V_cell      | a; real_a_reconstructed        | Cell vector a = V·b*×c* in the lab frame
vec_b                   | Å   | vector | vec_a_star vec_c_star V_cell      | b; real_b_reconstructed        | Cell vector b = V·c*×a* in the lab frame
vec_c                   | Å   | vector | vec_a_star vec_b_star V_cell      | c; real_c_reconstructed        | Cell vector c = V·a*×b* in the lab frame
PIXEL
pix0_vector_meters       | m   | vector | pix0_vector pix0_after_twotheta     |                                | Position of the detector's first corner
fdet_vec                 | 1   | vector | fdet_after_twotheta                 | Fdet; fdet                     | Fast axis of the detector
sdet_vec                 | 1   | vector | sdet_after_twotheta                 | Sdet; sdet                     | Slow axis of the detector
odet_vec                 | 1   | vector | odet_after_twotheta                 | Odet; odet                     | Normal of the detector
pixel_pos_meters         | m   | vector | pix0_vector_meters fdet_vec sdet_vec | pixel_pos; Position; Pixel coordinate; pixel_pos_angstroms@Å; pixel_pos_A@Å | Position X of the sampled point of the pixel
R_distance_meters        | m   | scalar | pixel_pos_meters                    | airpath; Airpath; Distance to pixel (R); R; pixel_distance_A@Å | Distance R from the sample to that point
omega_pixel_sr           | sr  | scalar | R_distance_meters close_distance_meters | Omega (solid angle); Solid angle (with obliquity); omega_sr | Solid angle of the pixel, p²·close/R³
close_distance_meters    | m   | scalar | pix0_vector_meters close_distance_m | close_distance; Close distance | Distance from the sample to the detector plane, P₀·ô
obliquity_factor         | 1   | scalar | close_distance_meters R_distance_meters | Obliquity factor (close_distance/R) | Obliquity factor, close/R
diffracted_vec           | 1   | vector | pixel_pos_meters R_distance_meters  | diffracted; diffracted_dir; diffracted (d); Diffracted unit vector | Direction d̂ = X/R from the sample to the pixel
incident_vec             | 1   | vector |                                     | incident; incident_dir; incident (i) | Direction î of the incident beam
lambda_meters            | m   | scalar |                                     |                                | Wavelength λ in metres
lambda_angstroms         | Å   | scalar | lambda_meters                       | lambda0; wavelength; wavelength_A; wavelength_angstroms | Wavelength λ in ångström
scattering_vec_A_inv     | m⁻¹ | vector | diffracted_vec incident_vec lambda_meters | scattering_vec_inv_A@Å⁻¹; scattering_vector@Å⁻¹; S@Å⁻¹; S vector@Å⁻¹ | Scattering vector (d̂ − î)/λ; the reference prints m⁻¹ under this name
polar_axis               | 1   | vector |                                     |                                | Polarisation axis
LATTICE
rot_a_angstroms          | Å   | vector | vec_a spindle_axis_normalized      |                                | Cell vector a after φ and mosaic rotation
rot_b_angstroms          | Å   | vector | vec_b spindle_axis_normalized      |                                | Cell vector b after φ and mosaic rotation
rot_c_angstroms          | Å   | vector | vec_c spindle_axis_normalized      |                                | Cell vector c after φ and mosaic rotation
spindle_axis_raw         | 1   | vector |                                     |                                | Spindle axis as given
spindle_axis_normalized  | 1   | vector | spindle_axis_raw                    |                                | Spindle axis of unit length
spindle_magnitude        | 1   | scalar | spindle_axis_raw                    |                                | Length of the given spindle axis
rot_a_star_A_inv         | Å⁻¹ | vector | vec_a_star                         |                                | Reciprocal vector a*; the reference prints it unrotated
rot_b_star_A_inv         | Å⁻¹ | vector | vec_b_star                         |                                | Reciprocal vector b*; the reference prints it unrotated
rot_c_star_A_inv         | Å⁻¹ | vector | vec_c_star                         |                                | Reciprocal vector c*; the reference prints it unrotated
hkl_frac                 | 1   | vector abs | scattering_vec_A_inv rot_a_angstroms rot_b_angstroms rot_c_angstroms | hkl_fractional | Fractional Miller indices a·S, b·S, c·S
hkl_rounded              | 1   | vector | hkl_frac                            |                                | Nearest Miller indices ⌈h − ½⌉
F_latt_a                 | 1   | scalar | hkl_frac                            |                                | Lattice factor along a, sin(πNh)/sin(πh)
F_latt_b                 | 1   | scalar | hkl_frac                            |                                | Lattice factor along b, sin(πNk)/sin(πk)
F_latt_c                 | 1   | scalar | hkl_frac                            |                                | Lattice factor along c, sin(πNl)/sin(πl)
F_latt                   | 1   | scalar | F_latt_a F_latt_b F_latt_c          | F_latt (product)               | Lattice factor, product of the three
F_cell                   | e⁻  | scalar | hkl_rounded                         | F_cell_nearest; Structure factor F | Structure factor of the nearest reflection
F_cell_interpolated      | e⁻  | scalar | hkl_frac                            |                                | Structure factor by tricubic interpolation
F_tricubic               | e⁻  | scalar | hkl_frac                            |                                | Structure factor at a node of the interpolation
PHI
phi_deg                  | deg | scalar |                                     |                                | Spindle angle of the step, as labelled
phi_ap_y                 | Å   | scalar |                                     |                                | Component y of the cell vector a at the step
phi_bp_y                 | Å   | scalar |                                     |                                | Component y of the cell vector b at the step
phi_cp_y                 | Å   | scalar |                                     |                                | Component y of the cell vector c at the step
phi_h_frac               | 1   | scalar abs | scattering_vec_A_inv rot_a_angstroms phi_ap_y   |                                | Fractional Miller index h at the step
phi_k_frac               | 1   | scalar abs | scattering_vec_A_inv rot_b_angstroms phi_bp_y   |                                | Fractional Miller index k at the step
phi_l_frac               | 1   | scalar abs | scattering_vec_A_inv rot_c_angstroms phi_cp_y   |                                | Fractional Miller index l at the step
phi_F_latt_a             | 1   | scalar | phi_h_frac                          |                                | Lattice factor along a at the step
phi_F_latt_b             | 1   | scalar | phi_k_frac                          |                                | Lattice factor along b at the step
phi_F_latt_c             | 1   | scalar | phi_l_frac                          |                                | Lattice factor along c at the step
phi_F_latt               | 1   | scalar | phi_h_frac phi_k_frac phi_l_frac phi_F_latt_a phi_F_latt_b phi_F_latt_c | | Lattice factor at the step
phi_F_cell               | e⁻  | scalar | phi_h_frac phi_k_frac phi_l_frac    |                                | Structure factor at the step
phi_contribution         | 1   | scalar | phi_F_cell phi_F_latt               |                                | F_cell²·F_latt² of the step
SOURCE
source_lambda_angstroms  | Å   | scalar |                                     | source_wavelength_angstroms    | Wavelength of the source
source_F_cell            | e⁻  | scalar |                                     |                                | Structure factor for the source
source_F_latt            | 1   | scalar | source_lambda_angstroms             |                                | Lattice factor for the source
source_F_cell_squared    | 1   | scalar | source_F_cell                       |                                | F_cell² for the source
source_F_latt_squared    | 1   | scalar | source_F_latt                       |                                | F_latt² for the source
source_I_contribution    | 1   | scalar | source_F_cell source_F_latt         | source_I_contribution_pre_polar | F_cell²·F_latt² of the source
source_polar             | 1   | scalar |                                     |                                | Polarisation factor of the source
source_index             | 1   | scalar |                                     |                                | Ordinal of the source, from 0
source_cos_2theta        | 1   | scalar |                                     | source_cos2theta               | Cosine of the scattering angle of the source
SCALING
I_before_scaling         | 1   | scalar | F_latt F_cell phi_F_latt source_I_contribution | I_before_scaling_pre_polar | Intensity summed over all samples, before the factors of the scaling chain
I_before_scaling_post_polar | 1 | scalar | I_before_scaling polar             |                                | The same after polarisation
r_e_meters               | m   | scalar |                                     |                                | Classical electron radius
r_e_sqr                  | m²  | scalar | r_e_meters                          | r_e^2                          | Thomson cross section r_e²
fluence_photons_per_m2   | m⁻² | scalar |                                     | fluence; Fluence               | Photons per area in the incident beam
steps                    | 1   | scalar |                                     |                                | Divisor: sources × mosaic domains × φ steps × subpixels
oversample_thick         | 1   | scalar |                                     |                                | Flag: capture fraction applied per sample
oversample_polar         | 1   | scalar |                                     |                                | Flag: polarisation applied per sample
oversample_omega         | 1   | scalar |                                     |                                | Flag: solid angle applied per sample
capture_fraction         | 1   | scalar | diffracted_vec odet_vec             |                                | Share of the photons that the sensor absorbs
polar                    | 1   | scalar | incident_vec diffracted_vec polar_axis | polarization_factor; last_polar | Kahn polarisation factor
omega_pixel              | sr  | scalar | R_distance_meters close_distance_meters |                            | Solid angle of the pixel, as applied
cos_2theta               | 1   | scalar | incident_vec diffracted_vec         | cos2theta                      | Cosine of the scattering angle, î·d̂
I_pixel_final            | photons | scalar | I_before_scaling r_e_sqr fluence_photons_per_m2 steps capture_fraction polar omega_pixel | Final intensity; final_intensity | Pixel value I·r_e²·fluence/steps·capture·polar·omega
floatimage_accumulated   | photons | scalar | I_pixel_final                   |                                | The pixel value in single precision, as the image stores it
"""


def _read_table(table: str) -> dict[str, Quantity]:
    quantities = {}
    stage = Stage.GEOMETRY
    for line in table.strip().splitlines():
        cells = [cell.strip() for cell in line.split("|")]
        if len(cells) == 1:
            stage = Stage[cells[0]]
            continue
        name, unit, shape, inputs, keys, description = cells
        kind, *basis = shape.split()
        quantities[name] = Quantity(
            name=name,
            unit=unit,
            kind=Kind(kind),
            basis=Basis.ABSOLUTE if basis else Basis.RELATIVE,
            stage=stage,
            inputs=tuple(inputs.split()),
            aliases=tuple(_alias(key, unit) for key in keys.split(";") if key),
            description=description,
        )
    return quantities


def _alias(cell: str, unit: str) -> tuple[str, str]:
    key, _, own_unit = cell.strip().partition("@")
    return key, own_unit or unit


QUANTITIES: dict[str, Quantity] = _read_table(_TABLE)
"""Every known quantity by name, in execution order."""

RANK: dict[str, int] = {name: rank for rank, name in enumerate(QUANTITIES)}
"""Place of a quantity in execution order."""

SCALING_CHAIN = (
    "I_before_scaling",
    "r_e_sqr",
    "fluence_photons_per_m2",
    "steps",
    "capture_fraction",
    "polar",
    "omega_pixel",
    "cos_2theta",
    "I_pixel_final",
)
"""The quantities of the scaling report, in its order."""

_EQUIVALENT = (
    frozenset({"pix0_vector_meters", "pix0_vector", "pix0_after_twotheta"}),
    frozenset({"fdet_vec", "fdet_after_twotheta"}),
    frozenset({"sdet_vec", "sdet_after_twotheta"}),
    frozenset({"odet_vec", "odet_after_twotheta"}),
    frozenset({"close_distance_meters", "close_distance_m"}),
)

_MEANINGS: dict[str, Meaning] = {
    key: Meaning(quantity.name, unit, 1.0 if unit == quantity.unit else units.factor(unit, quantity.unit))
    for quantity in QUANTITIES.values()
    for key, unit in ((quantity.name, quantity.unit), *quantity.aliases)
}


def meaning(key: str, printed: str | None = None) -> Meaning:
    """Return what `key` stands for; an unknown key is a quantity of its own.

    Parameters
    ----------
    key : str
        As a log prints it.
    printed : str, optional
        The unit printed beside the value, which then counts instead of the one that the key implies.

    Raises
    ------
    UsageError
        If the printed unit measures something else than the quantity.
    """
    known = _MEANINGS.get(key) or Meaning(key, printed)
    if printed is None or printed == known.unit:
        return known
    return Meaning(known.quantity, printed, units.factor(printed, QUANTITIES[known.quantity].unit))


def beginning_with(text: str) -> tuple[str, ...]:
    """Return the quantities that a key may stand for of which no more than its beginning is left."""
    return tuple(dict.fromkeys(known.quantity for key, known in _MEANINGS.items() if key.startswith(text)))


@cache
def ancestors(name: str) -> frozenset[str]:
    """Return every quantity that `name` depends on, directly or not; none for an unknown name."""
    quantity = QUANTITIES.get(name)
    if quantity is None:
        return frozenset()
    direct = frozenset(quantity.inputs)
    return direct.union(*(ancestors(other) for other in direct))


def equivalents(name: str) -> frozenset[str]:
    """Return the other names under which other blocks of a log print the value of `name`."""
    return next((group - {name} for group in _EQUIVALENT if name in group), frozenset())
