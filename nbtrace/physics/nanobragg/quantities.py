"""Every quantity of a trace once, in the order in which the reference computes it.

A quantity's *inputs* are the quantities that its formula reads in one log or another, some of them only where others are
not printed; they make the graph by which a root divergence is told from its consequences.
"""

from collections.abc import Iterator, Mapping

from nbtrace.vocabulary.quantity import Basis, Kind, Quantity, Scope

PHI_TIC = "phi_tic"
"""Index of a step of the φ sweep."""
SOURCE = "source"
"""Index of a source of the beam."""
MOSAIC_DOMAIN = "mosaic domain"
"""Index of a mosaic domain of the crystal, which only the lines of tap builds state."""
LAYER = "layer"
"""Index of a layer of the sensor, which no line states."""
SUBPIXEL = "subpixel"
"""Grid of the points of a pixel, (slow, fast)."""
NODE = "node"
"""Grid of the interpolation of structure factors."""

_NAMED = (PHI_TIC, SOURCE, MOSAIC_DOMAIN, LAYER)
"""The loops in the order in which reports name them."""


def loops_at(ordinals: Mapping[str, int | None]) -> tuple[tuple[str, int], ...]:
    """Return the ordinals that are known, as an index holds them."""
    return tuple((name, ordinal) for name in _NAMED if (ordinal := ordinals.get(name)) is not None)


_SECTIONS: dict[str, tuple[Scope, tuple[str, ...]]] = {
    "geometry": (Scope.RUN, ()),
    "cell": (Scope.RUN, ()),
    "pixel": (Scope.POINT, ()),
    "lattice": (Scope.POINT, ()),
    "phi": (Scope.POINT, (PHI_TIC,)),
    "innermost": (Scope.POINT, (SOURCE, PHI_TIC, MOSAIC_DOMAIN)),
    "source": (Scope.BLOCK, (SOURCE,)),
    "scaling": (Scope.BLOCK, ()),
}
"""Sections of the table: how often their quantities are computed, and which ordinals their lines state."""

_SIZES = {Kind.SCALAR: 1, Kind.VECTOR: 3, Kind.MATRIX: 9, Kind.NAMED: 0, Kind.TEXT: 0}

_GROUPS = {
    "ORIENTATION": "spindle_axis_normalized ~rot_a_star_A_inv ~rot_b_star_A_inv ~rot_c_star_A_inv ~phi_deg",
    "PER_POINT": "incident_vec diffracted_vec polar_axis odet_vec odet_after_twotheta fdet_vec sdet_vec omega_pixel_sr",
    "SWEEP": "scattering_vec_A_inv phi_h_frac phi_k_frac phi_l_frac rot_a_angstroms rot_b_angstroms "
    "rot_c_angstroms vec_a vec_b vec_c ORIENTATION",
    "FLAGS": "oversample_thick oversample_polar oversample_omega",
}
"""Inputs that formulas share, under names that stand for them in the table."""

_WEAK = "~"
"""Stands before a weak input: one that is taken in place of what logs do not print, or in few configurations."""

# name | unit | kind and marks | inputs | other keys, separated by ";", each with "@unit" where it differs | description
_TABLE = """
geometry
detector_convention      | 1   | text   |                                     | convention                     | Convention that fixes the axes and the beam centre
angles_rad               | rad | named  |                                     |                                | Detector rotations about x, y, z and the two-theta angle
beam_center_m            | m   | named  |                                     |                                | Beam centre as given; the reference prints it divided by 1000
initial_fdet             | 1   | vector | detector_convention                 | fdet_vector_initial            | Fast axis before rotations
initial_sdet             | 1   | vector | detector_convention                 | sdet_vector_initial            | Slow axis before rotations
initial_odet             | 1   | vector | detector_convention ~initial_fdet ~initial_sdet | odet_vector_initial            | Detector normal before rotations
Rx                       | 1   | matrix | angles_rad                          |                                | Rotation of the detector about x
Ry                       | 1   | matrix | angles_rad                          |                                | Rotation of the detector about y
Rz                       | 1   | matrix | angles_rad                          |                                | Rotation of the detector about z
R_total                  | 1   | matrix | Rx Ry Rz                            |                                | Rz·Ry·Rx
Fclose_m                 | m   | scalar | beam_center_m                       |                                | Fast coordinate of the detector point nearest to the sample
Sclose_m                 | m   | scalar | beam_center_m                       |                                | Slow coordinate of the detector point nearest to the sample
close_distance_m         | m   | scalar |                                     |                                | Distance from the sample to the detector plane, as set up
ratio                    | 1   | scalar | initial_odet R_total angles_rad     |                                | Cosine between the beam and the detector normal
term_fast_before_rot     | m   | vector | Fclose_m initial_fdet               |                                | −Fclose·f̂ before rotations
term_slow_before_rot     | m   | vector | Sclose_m initial_sdet               |                                | −Sclose·ŝ before rotations
term_close_before_rot    | m   | vector | close_distance_m initial_odet       |                                | Close distance along ô before rotations
pix0_before_rotation     | m   | vector | term_fast_before_rot term_slow_before_rot term_close_before_rot | pix0_unrotated | Sum of the three terms
pix0_after_rotz          | m   | vector | pix0_before_rotation R_total angles_rad |                                | The same after the detector rotations
fdet_after_rotz          | 1   | vector | initial_fdet R_total angles_rad     |                                | Fast axis after the detector rotations
sdet_after_rotz          | 1   | vector | initial_sdet R_total angles_rad     |                                | Slow axis after the detector rotations
odet_after_rotz          | 1   | vector | initial_odet R_total angles_rad     |                                | Detector normal after the detector rotations
twotheta_axis            | 1   | vector | detector_convention                 |                                | Axis of the two-theta rotation
fdet_after_twotheta      | 1   | vector | fdet_after_rotz initial_fdet R_total twotheta_axis angles_rad | DETECTOR_FAST_AXIS        | Fast axis after all rotations
sdet_after_twotheta      | 1   | vector | sdet_after_rotz initial_sdet R_total twotheta_axis angles_rad | DETECTOR_SLOW_AXIS        | Slow axis after all rotations
odet_after_twotheta      | 1   | vector | odet_after_rotz initial_odet ~initial_fdet ~initial_sdet R_total twotheta_axis angles_rad | DETECTOR_NORMAL_AXIS      | Detector normal after all rotations
convention_mapping       | 1   | text   | detector_convention                 |                                | How the beam centre maps onto the detector axes
Fbeam_m                  | m   | scalar | beam_center_m                       | Fbeam                          | Fast coordinate of the direct beam
Sbeam_m                  | m   | scalar | beam_center_m                       | Sbeam                          | Slow coordinate of the direct beam
distance_m               | m   | scalar | close_distance_m ratio              | distance; distance_mm@mm       | Distance from the sample to the detector along the beam
term_fast                | m   | vector | Fbeam_m fdet_after_twotheta         |                                | −Fbeam·f̂
term_slow                | m   | vector | Sbeam_m sdet_after_twotheta         |                                | −Sbeam·ŝ
term_beam                | m   | vector | distance_m                          |                                | Distance along the beam
pix0_vector_calculated   | m   | vector | term_fast term_slow term_beam       |                                | Position of the detector's first corner, as calculated
pix0_vector              | m   | vector | term_fast term_slow term_beam       | DETECTOR_PIX0_VECTOR           | Position of the detector's first corner, as set up
pix0_after_twotheta      | m   | vector | pix0_after_rotz twotheta_axis angles_rad |                           | Position of the detector's first corner after all rotations
cell
a_star_input            | Å⁻¹ | vector |                                     |                                | Reciprocal cell vector a* as the cell or the matrix gives it
b_star_input            | Å⁻¹ | vector |                                     |                                | Reciprocal cell vector b* as the cell or the matrix gives it
c_star_input            | Å⁻¹ | vector |                                     |                                | Reciprocal cell vector c* as the cell or the matrix gives it
a_star_misset           | Å⁻¹ | vector | a_star_input                        |                                | Reciprocal cell vector a* after the misset rotation
b_star_misset           | Å⁻¹ | vector | b_star_input                        |                                | Reciprocal cell vector b* after the misset rotation
c_star_misset           | Å⁻¹ | vector | c_star_input                        |                                | Reciprocal cell vector c* after the misset rotation
vec_a_star              | Å⁻¹ | vector | a_star_input a_star_misset         | a_star; mosflm_a_star_rederived | Reciprocal cell vector a* in the lab frame
vec_b_star              | Å⁻¹ | vector | b_star_input b_star_misset         | b_star; mosflm_b_star_rederived | Reciprocal cell vector b* in the lab frame
vec_c_star              | Å⁻¹ | vector | c_star_input c_star_misset         | c_star; mosflm_c_star_rederived | Reciprocal cell vector c* in the lab frame
V_star                   | Å⁻³ | scalar | vec_a_star vec_b_star vec_c_star |                                | Volume of the reciprocal cell, a*·(b*×c*)
V_cell                   | Å³  | scalar | V_star                              | V_actual                       | Volume of the cell, 1/V*
vec_a                   | Å   | vector | vec_b_star vec_c_star V_cell ~vec_a_star      | a; real_a_reconstructed        | Cell vector a = V·b*×c* in the lab frame
vec_b                   | Å   | vector | vec_a_star vec_c_star V_cell ~vec_b_star      | b; real_b_reconstructed        | Cell vector b = V·c*×a* in the lab frame
vec_c                   | Å   | vector | vec_a_star vec_b_star V_cell ~vec_c_star      | c; real_c_reconstructed        | Cell vector c = V·a*×b* in the lab frame
shape_fudge             | 1   | scalar |                                     |                                | Shape factor of spots that are no parallelepiped's, -fudge
pixel
pix0_vector_meters       | m   | vector | pix0_vector pix0_after_twotheta Fclose_m Sclose_m close_distance_m Fbeam_m Sbeam_m distance_m term_beam ~incident_vec fdet_vec sdet_vec odet_vec odet_after_twotheta |                                | Position of the detector's first corner
fdet_vec                 | 1   | vector never_zero | fdet_after_twotheta ~angles_rad | Fdet; fdet                     | Fast axis of the detector
sdet_vec                 | 1   | vector never_zero | sdet_after_twotheta ~angles_rad | Sdet; sdet                     | Slow axis of the detector
odet_vec                 | 1   | vector never_zero | odet_after_twotheta ~angles_rad ~initial_fdet ~initial_sdet | Odet; odet                     | Normal of the detector
pixel_pos_meters         | m   | vector | pix0_vector_meters fdet_vec sdet_vec odet_vec odet_after_twotheta ~distance_m ~incident_vec | pixel_pos; Position; Pixel coordinate; pixel_pos_angstroms@Å; pixel_pos_A@Å | Position X of the sampled point of the pixel
R_distance_meters        | m   | scalar never_zero | pixel_pos_meters                    | airpath; Airpath; Distance to pixel (R); R; pixel_distance_A@Å | Distance R from the sample to that point
omega_pixel_sr           | sr  | scalar never_zero | R_distance_meters close_distance_meters oversample_omega | Omega (solid angle); Solid angle (with obliquity); omega_sr | Solid angle of the pixel, p²·close/R³
close_distance_meters    | m   | scalar never_zero | pix0_vector_meters odet_vec odet_after_twotheta fdet_vec sdet_vec | close_distance; Close distance | Distance from the sample to the detector plane, P₀·ô
obliquity_factor         | 1   | scalar | close_distance_meters R_distance_meters | Obliquity factor (close_distance/R) | Obliquity factor, close/R
diffracted_vec           | 1   | vector never_zero | pixel_pos_meters R_distance_meters  | diffracted; diffracted_dir; diffracted (d); Diffracted unit vector | Direction d̂ = X/R from the sample to the pixel
incident_vec             | 1   | vector never_zero | ~term_beam                          | incident; incident_dir; incident (i) | Direction î of the incident beam
lambda_meters            | m   | scalar never_zero |                                     |                                | Wavelength λ in metres
lambda_angstroms         | Å   | scalar never_zero | lambda_meters                       | lambda0; wavelength; wavelength_A; wavelength_angstroms | Wavelength λ in ångström
scattering_vec_A_inv     | m⁻¹ | vector | diffracted_vec incident_vec lambda_meters | scattering_vec_inv_A@Å⁻¹; scattering_vector@Å⁻¹; S@Å⁻¹; S vector@Å⁻¹ | Scattering vector (d̂ − î)/λ; the reference prints m⁻¹ under this name
polar_axis               | 1   | vector |                                     |                                | Polarisation axis
lattice
rot_a_angstroms          | Å   | vector never_zero | vec_a ORIENTATION                  |                                | Cell vector a after φ and mosaic rotation
rot_b_angstroms          | Å   | vector never_zero | vec_b ORIENTATION                  |                                | Cell vector b after φ and mosaic rotation
rot_c_angstroms          | Å   | vector never_zero | vec_c ORIENTATION                  |                                | Cell vector c after φ and mosaic rotation
spindle_axis_raw         | 1   | vector |                                     |                                | Spindle axis as given
spindle_axis_normalized  | 1   | vector | spindle_axis_raw                    |                                | Spindle axis of unit length
spindle_magnitude        | 1   | scalar | spindle_axis_raw                    |                                | Length of the given spindle axis
rot_a_star_A_inv         | Å⁻¹ | vector | vec_a_star                         |                                | Reciprocal vector a*; the reference prints it unrotated
rot_b_star_A_inv         | Å⁻¹ | vector | vec_b_star                         |                                | Reciprocal vector b*; the reference prints it unrotated
rot_c_star_A_inv         | Å⁻¹ | vector | vec_c_star                         |                                | Reciprocal vector c*; the reference prints it unrotated
hkl_frac                 | 1   | vector abs shows_units | scattering_vec_A_inv rot_a_angstroms rot_b_angstroms rot_c_angstroms | hkl_fractional | Fractional Miller indices a·S, b·S, c·S
hkl_rounded              | 1   | vector | hkl_frac                            |                                | Nearest Miller indices ⌈h − ½⌉
F_latt_a                 | 1   | scalar | hkl_frac                            |                                | Lattice factor along a, sin(πNh)/sin(πh)
F_latt_b                 | 1   | scalar | hkl_frac                            |                                | Lattice factor along b, sin(πNk)/sin(πk)
F_latt_c                 | 1   | scalar | hkl_frac                            |                                | Lattice factor along c, sin(πNl)/sin(πl)
F_latt                   | 1   | scalar | F_latt_a F_latt_b F_latt_c ~hkl_frac ~shape_fudge ~rot_a_star_A_inv ~rot_b_star_A_inv ~rot_c_star_A_inv ~rot_a_angstroms ~rot_b_angstroms ~rot_c_angstroms | F_latt (product)               | Lattice factor, product of the three
F_cell                   | e⁻  | scalar never_zero | hkl_rounded ~hkl_frac               | F_cell_nearest; Structure factor F | Structure factor of the nearest reflection
F_cell_interpolated      | e⁻  | scalar | hkl_frac                            |                                | Structure factor by tricubic interpolation
F_tricubic               | e⁻  | scalar | hkl_frac                            |                                | Structure factor at a node of the interpolation
phi
phi_deg                  | deg | scalar |                                     |                                | Spindle angle of the step, as labelled
phi_ap_y                 | Å   | scalar | rot_a_angstroms ~ORIENTATION ~vec_a |                                | Component y of the cell vector a at the step
phi_bp_y                 | Å   | scalar | rot_b_angstroms ~ORIENTATION ~vec_b |                                | Component y of the cell vector b at the step
phi_cp_y                 | Å   | scalar | rot_c_angstroms ~ORIENTATION ~vec_c |                                | Component y of the cell vector c at the step
phi_rot_a_star_A_inv_x  | Å⁻¹ | scalar | rot_a_angstroms ~vec_a rot_b_angstroms ~vec_b rot_c_angstroms ~vec_c ~ORIENTATION | | Component x of the reciprocal vector a* at the step
phi_rot_a_star_A_inv_y  | Å⁻¹ | scalar | rot_a_angstroms ~vec_a rot_b_angstroms ~vec_b rot_c_angstroms ~vec_c ~ORIENTATION | | Component y of the reciprocal vector a* at the step
phi_rot_a_star_A_inv_z  | Å⁻¹ | scalar | rot_a_angstroms ~vec_a rot_b_angstroms ~vec_b rot_c_angstroms ~vec_c ~ORIENTATION | | Component z of the reciprocal vector a* at the step
phi_rot_b_star_A_inv_x  | Å⁻¹ | scalar | rot_a_angstroms ~vec_a rot_b_angstroms ~vec_b rot_c_angstroms ~vec_c ~ORIENTATION | | Component x of the reciprocal vector b* at the step
phi_rot_b_star_A_inv_y  | Å⁻¹ | scalar | rot_a_angstroms ~vec_a rot_b_angstroms ~vec_b rot_c_angstroms ~vec_c ~ORIENTATION | | Component y of the reciprocal vector b* at the step
phi_rot_b_star_A_inv_z  | Å⁻¹ | scalar | rot_a_angstroms ~vec_a rot_b_angstroms ~vec_b rot_c_angstroms ~vec_c ~ORIENTATION | | Component z of the reciprocal vector b* at the step
phi_rot_c_star_A_inv_x  | Å⁻¹ | scalar | rot_a_angstroms ~vec_a rot_b_angstroms ~vec_b rot_c_angstroms ~vec_c ~ORIENTATION | | Component x of the reciprocal vector c* at the step
phi_rot_c_star_A_inv_y  | Å⁻¹ | scalar | rot_a_angstroms ~vec_a rot_b_angstroms ~vec_b rot_c_angstroms ~vec_c ~ORIENTATION | | Component y of the reciprocal vector c* at the step
phi_rot_c_star_A_inv_z  | Å⁻¹ | scalar | rot_a_angstroms ~vec_a rot_b_angstroms ~vec_b rot_c_angstroms ~vec_c ~ORIENTATION | | Component z of the reciprocal vector c* at the step
phi_h_frac               | 1   | scalar abs shows_units | scattering_vec_A_inv rot_a_angstroms vec_a ORIENTATION phi_ap_y |                                | Fractional Miller index h at the step
phi_k_frac               | 1   | scalar abs shows_units | scattering_vec_A_inv rot_b_angstroms vec_b ORIENTATION phi_bp_y |                                | Fractional Miller index k at the step
phi_l_frac               | 1   | scalar abs shows_units | scattering_vec_A_inv rot_c_angstroms vec_c ORIENTATION phi_cp_y |                                | Fractional Miller index l at the step
phi_F_latt_a             | 1   | scalar | phi_h_frac                          |                                | Lattice factor along a at the step
phi_F_latt_b             | 1   | scalar | phi_k_frac                          |                                | Lattice factor along b at the step
phi_F_latt_c             | 1   | scalar | phi_l_frac                          |                                | Lattice factor along c at the step
phi_F_latt               | 1   | scalar | phi_F_latt_a phi_F_latt_b phi_F_latt_c F_latt_a F_latt_b F_latt_c hkl_frac ~shape_fudge SWEEP | | Lattice factor at the step
phi_F_cell               | e⁻  | scalar | phi_h_frac phi_k_frac phi_l_frac    |                                | Structure factor at the step
phi_contribution         | 1   | scalar | phi_F_cell phi_F_latt               |                                | F_cell²·F_latt² of the step
innermost
sample_incident_vec      | 1   | vector | incident_vec                        |                                | Direction of the beam of the source of the innermost sample
sample_lambda_meters     | m   | scalar | lambda_meters                       |                                | Wavelength of the source of the innermost sample
sample_scattering_vec_A_inv | m⁻¹ | vector | diffracted_vec sample_incident_vec sample_lambda_meters | | Scattering vector of the source, in m⁻¹ as the one of the pixel
sample_rot_a_angstroms   | Å   | vector | rot_a_angstroms ~ORIENTATION ~vec_a | | Cell vector a of the innermost sample
sample_rot_b_angstroms   | Å   | vector | rot_b_angstroms ~ORIENTATION ~vec_b | | Cell vector b of the innermost sample
sample_rot_c_angstroms   | Å   | vector | rot_c_angstroms ~ORIENTATION ~vec_c | | Cell vector c of the innermost sample
sample_hkl_frac          | 1   | vector abs | sample_scattering_vec_A_inv sample_rot_a_angstroms sample_rot_b_angstroms sample_rot_c_angstroms | | Fractional Miller indices of the innermost sample
sample_hkl_rounded       | 1   | vector | sample_hkl_frac                     |                                | Nearest Miller indices of the innermost sample
sample_F_latt            | 1   | scalar | sample_hkl_frac ~shape_fudge ~rot_a_star_A_inv ~rot_b_star_A_inv ~rot_c_star_A_inv ~rot_a_angstroms ~rot_b_angstroms ~rot_c_angstroms | | Lattice factor of the innermost sample
sample_F_cell            | e⁻  | scalar | sample_hkl_rounded ~sample_hkl_frac |                                | Structure factor of the innermost sample
sample_contribution      | 1   | scalar | sample_F_cell sample_F_latt         |                                | F_cell²·F_latt² of the innermost sample
source
source_lambda_angstroms  | Å   | scalar | sample_lambda_meters                | source_wavelength_angstroms    | Wavelength of the source
source_F_cell            | e⁻  | scalar | sample_F_cell                       |                                | Structure factor for the source
source_F_latt            | 1   | scalar | source_lambda_angstroms sample_F_latt |                                | Lattice factor for the source
source_F_cell_squared    | 1   | scalar | source_F_cell                       |                                | F_cell² for the source
source_F_latt_squared    | 1   | scalar | source_F_latt                       |                                | F_latt² for the source
source_I_contribution    | 1   | scalar | source_F_cell source_F_latt         | source_I_contribution_pre_polar | F_cell²·F_latt² of the source
source_polar             | 1   | scalar | incident_vec diffracted_vec polar_axis oversample_polar ~sample_incident_vec |                                | Polarisation factor of the source
source_index             | 1   | scalar |                                     |                                | Ordinal of the source, from 0
source_cos_2theta        | 1   | scalar | sample_incident_vec diffracted_vec  | source_cos2theta               | Cosine of the scattering angle of the source
scaling
I_before_scaling         | 1   | scalar | F_cell F_latt phi_F_latt hkl_rounded SWEEP ~steps ~PER_POINT FLAGS source_I_contribution sample_contribution ~sample_incident_vec ~sample_scattering_vec_A_inv ~shape_fudge ~hkl_frac | I_before_scaling_pre_polar | Intensity summed over all samples, before the factors of the scaling chain
I_before_scaling_post_polar | 1 | scalar | I_before_scaling polar             |                                | The same after polarisation
r_e_meters               | m   | scalar never_zero |                                     |                                | Classical electron radius
r_e_sqr                  | m²  | scalar never_zero | r_e_meters                          | r_e^2                          | Thomson cross section r_e²
fluence_photons_per_m2   | m⁻² | scalar has_default |                                     | fluence; Fluence               | Photons per area in the incident beam
steps                    | 1   | scalar never_zero |                                     |                                | Divisor: sources × mosaic domains × φ steps × subpixels
oversample_thick         | 1   | scalar |                                     |                                | Flag: capture fraction applied per sample
oversample_polar         | 1   | scalar |                                     |                                | Flag: polarisation applied per sample
oversample_omega         | 1   | scalar |                                     |                                | Flag: solid angle applied per sample
capture_fraction         | 1   | scalar has_default | diffracted_vec odet_vec odet_after_twotheta fdet_vec sdet_vec oversample_thick |                                | Share of the photons that the sensor absorbs
polar                    | 1   | scalar never_zero | incident_vec diffracted_vec polar_axis oversample_polar | polarization_factor; last_polar | Kahn polarisation factor
omega_pixel              | sr  | scalar never_zero | omega_pixel_sr oversample_omega         |                            | Solid angle of the pixel, as applied
cos_2theta               | 1   | scalar | incident_vec diffracted_vec ~sample_incident_vec | cos2theta                      | Cosine of the scattering angle, î·d̂
I_pixel_final            | photons | scalar | I_before_scaling r_e_sqr fluence_photons_per_m2 steps capture_fraction polar omega_pixel omega_pixel_sr FLAGS | Final intensity; final_intensity | Pixel value I·r_e²·fluence/steps·capture·polar·omega
floatimage_accumulated   | photons | scalar | I_pixel_final                   |                                | The pixel value in single precision, as the image stores it
"""


def _read_table(table: str) -> dict[str, Quantity]:
    quantities = {}
    section = ""
    for line in table.strip().splitlines():
        cells = [cell.strip() for cell in line.split("|")]
        if len(cells) == 1:
            section = cells[0]
            continue
        name, unit, words, taken, keys, description = cells
        inputs = dict(_inputs(taken))
        kind, *marks = words.split()
        scope, indices = _SECTIONS[section]
        quantities[name] = Quantity(
            name=name,
            unit=unit,
            kind=Kind(kind),
            basis=Basis.ABSOLUTE if "abs" in marks else Basis.RELATIVE,
            scope=scope,
            section=section,
            inputs=tuple(inputs),
            weak=tuple(other for other, weak in inputs.items() if weak),
            aliases=tuple(_alias(key, unit) for key in keys.split(";") if key),
            description=description,
            indices=indices,
            size=_SIZES[Kind(kind)],
            never_zero="never_zero" in marks,
            has_default="has_default" in marks,
            shows_units="shows_units" in marks,
        )
    return quantities


def _inputs(cell: str) -> Iterator[tuple[str, bool]]:
    """Yield each input of a quantity, and whether it is a weak one."""
    for word in cell.split():
        name = word.removeprefix(_WEAK)
        for inner, weak in _inputs(_GROUPS[name]) if name in _GROUPS else ((name, False),):
            yield inner, weak or name != word


def _alias(cell: str, unit: str) -> tuple[str, str]:
    key, _, own_unit = cell.strip().partition("@")
    return key, own_unit or unit


QUANTITIES: dict[str, Quantity] = _read_table(_TABLE)
"""Every quantity by name, in execution order."""
