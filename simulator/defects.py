"""The reference's behaviours that are not the intended physics, one switch each, and the modes made of them."""

from enum import Enum, StrEnum
from functools import cache
from typing import Self

from simulator.suggestion import nearest


class Reference(Enum):
    """Which of the two reference programs has a defect."""

    BOTH = "both programs"
    UPSTREAM = "the upstream program"
    FORK = "the instrumented fork"


class Defect(Enum):
    """A behaviour of the reference that is not the intended physics.

    The value is the name used in files and on the command line; :attr:`description` says what it does, and
    :attr:`program` which reference program does it.
    """

    STALE_PHI_ROTATION = (
        "stale_phi_rotation",
        (
            "The spindle rotation is recomputed only for a step whose φ is not exactly 0. At φ = 0 the cell keeps "
            "the orientation of the previous rotated step, also of the previous sweep, source or pixel of the "
            "same thread. Only the first sweep of each thread sees the unrotated cell."
        ),
    )
    CELL_C_STAR_Z = (
        "cell_c_star_z",
        (
            "The z component of c* in the default orientation uses V/(abc) where V*/(a*b*c*) is meant. The real "
            "cell then has the right lengths but wrong angles unless two of the angles are 90°. A matrix is not "
            "affected."
        ),
    )
    INTERPOLATION_SWITCH_OFF = (
        "interpolation_switch_off",
        (
            "The first sample, in scan order, whose indices leave the range of the tricubic lookup switches "
            "interpolation off for the rest of the image. Without the defect only that sample uses the nearest "
            "reflection."
        ),
    )
    LAST_LAYER_CAPTURE = (
        "last_layer_capture",
        (
            "The sum over all sensor layers is multiplied by the fraction that the last layer captures. Without "
            "the defect each layer's intensity is multiplied by its own fraction."
        ),
    )
    RUNNING_PRODUCTS = (
        "running_products",
        (
            "With -oversample_thick, -oversample_polar or -oversample_omega the running sum, not the new term, is "
            "multiplied by the factor after each sample: an early one is multiplied by it again and again."
        ),
    )
    SQUARED_WATER_SCALING = (
        "squared_water_scaling",
        (
            "The water background, already in photons, goes through the common scaling with the Bragg intensity: "
            "r_e² times fluence enters it squared, and it is divided by the number of steps."
        ),
    )
    SOURCE_WEIGHTS_IGNORED = (
        "source_weights_ignored",
        (
            "The weights of a source file are read and printed, and then every source counts alike. Without the defect "
            "the intensity is the weighted mean over the sources: each one's part is multiplied by its weight over the "
            "mean weight."
        ),
    )
    CACHE_WHITE_SPACE = (
        "cache_white_space",
        (
            "The reader of the binary cache skips all white space after the header. Data whose first bytes happen "
            "to be white space in ASCII lose them, and the whole table is shifted."
        ),
    )
    FLAG_COLLISIONS = (
        "flag_collisions",
        (
            "A flag is recognised by a part of its name, so that one argument may act as two flags: "
            "-twotheta_axis also sets the two-theta angle to the first component of the axis and the pivot to the "
            "sample."
        ),
    )
    LAST_FLAG_UNSEEN = (
        "last_flag_unseen",
        (
            "A flag without values that asks for another word after it is not seen in last place: a last -curved_det "
            "leaves the detector flat."
        ),
    )
    MISSET_SEED_AS_MISSET = (
        "misset_seed_as_misset",
        (
            "-misset_seed is taken for -misset too: where three words or more follow it, they are the missetting "
            "angles, a word that is no number being 0, and -misset random given before it is forgotten."
        ),
        Reference.UPSTREAM,
    )
    DUMP_FLAG_UNKNOWN = (
        "dump_flag_unknown",
        "-dump is not known: the cache of structure factors is always Fdump.bin.",
        Reference.FORK,
    )

    description: str
    program: Reference

    def __new__(cls, name: str, description: str = "", program: Reference = Reference.BOTH) -> Self:
        """Make the member whose value is `name`."""
        member = object.__new__(cls)
        member._value_ = name
        member.description = description
        member.program = program
        return member

    @property
    def of_command_line(self) -> bool:
        """Whether it only decides how flags are read."""
        return self in {
            Defect.FLAG_COLLISIONS,
            Defect.LAST_FLAG_UNSEEN,
            Defect.MISSET_SEED_AS_MISSET,
            Defect.DUMP_FLAG_UNKNOWN,
        }


class Mode(StrEnum):
    """A named set of defect switches."""

    C_PARITY = "c-parity"
    """The reference as it is, every defect included that both programs have."""
    SPEC = "spec"
    """What is physically meant: no defect."""

    @property
    def defects(self) -> frozenset[Defect]:
        """The switches that are on in this mode."""
        return _shared() if self is Mode.C_PARITY else frozenset()


@cache
def _shared() -> frozenset[Defect]:
    return frozenset(defect for defect in Defect if defect.program is Reference.BOTH)


def mode_name(defects: frozenset[Defect]) -> str:
    """Return the word for -mode that means this set: a mode, or the one nearest to it with what is changed of it."""
    nearest_mode = min(Mode, key=lambda mode: len(mode.defects ^ defects))
    added = sorted(f"+{defect.value}" for defect in defects - nearest_mode.defects)
    removed = sorted(f"-{defect.value}" for defect in nearest_mode.defects - defects)
    return ",".join((nearest_mode.value, *added, *removed))


def defects_of(text: str) -> frozenset[Defect]:
    """Return the switches that a word for -mode means.

    Parameters
    ----------
    text : str
        A mode, a mode with changes (``c-parity,-stale_phi_rotation`` or ``spec,+cell_c_star_z``), or the names of the
        switches that are on, joined by commas.

    Raises
    ------
    ValueError
        If a name is unknown, saying which is nearest, or has no sign after a mode.
    """
    first, *others = text.split(",")
    if first not in set(Mode):
        return frozenset(_defect(name, also=[mode.value for mode in Mode]) for name in (first, *others))
    chosen = set(Mode(first).defects)
    for change in others:
        sign, name = change[:1], change[1:]
        if sign not in {"+", "-"}:
            raise ValueError(f"{change!r} after {first} needs a sign: +name switches a defect on, -name off")
        changed = {_defect(name)}
        chosen = chosen | changed if sign == "+" else chosen - changed
    return frozenset(chosen)


def _defect(name: str, also: list[str] | None = None) -> Defect:
    try:
        return Defect(name)
    except ValueError:
        names = [*(also or []), *(defect.value for defect in Defect)]
        near = nearest(name, names)
        hint = f"did you mean {near}?" if near is not None else f"it is none of {', '.join(names)}"
        raise ValueError(
            f"{name!r} is no mode or defect; {hint}" if also else f"{name!r} is no defect; {hint}"
        ) from None
