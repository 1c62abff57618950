"""Vocabularies by name."""

from pathlib import Path

from nbtrace.errors import UsageError
from nbtrace.vocabulary.vocabulary import Vocabulary

NANOBRAGG = "nanobragg"
_SUFFIX = ".toml"


def vocabulary_named(name: str) -> Vocabulary:
    """Return a vocabulary by its name, or that in a file whose name ends in `.toml`.

    Raises
    ------
    InputError
        If the file cannot be read.
    UsageError
        If there is no vocabulary of that name, or the file holds none.
    """
    if name.endswith(_SUFFIX):
        from nbtrace.vocabulary.file import read_vocabulary  # noqa: PLC0415 - pydantic and more, for a file alone

        return read_vocabulary(Path(name))
    if name == NANOBRAGG:
        return _nanobragg()
    raise UsageError(f"there is no vocabulary {name!r}; give {NANOBRAGG}, or a file whose name ends in {_SUFFIX}")


def _nanobragg() -> Vocabulary:
    """Return the table of today as a vocabulary."""
    from nbtrace import quantities as table  # noqa: PLC0415 - a vocabulary among others
    from nbtrace.vocabulary.quantity import Basis, Kind, Quantity, Scope  # noqa: PLC0415
    from nbtrace.vocabulary.vocabulary import SideName  # noqa: PLC0415

    sizes = {table.Kind.VECTOR: 3, table.Kind.MATRIX: 9}
    return Vocabulary(
        name=NANOBRAGG,
        description="The trace of one pixel of nanoBragg, a simulator of X-ray diffraction from nanocrystals",
        sides=(SideName("C", ("TRACE_C:", "TRACE_C_PHI")), SideName("Py", ("TRACE_PY:", "TRACE_PY_PHI"))),
        quantities={
            name: Quantity(
                name=name,
                unit=quantity.unit,
                kind=Kind(quantity.kind.value),
                basis=Basis(quantity.basis.value),
                scope=Scope.BLOCK if quantity.stage is table.Stage.SCALING else Scope.POINT,
                section=quantity.stage.name.capitalize(),
                inputs=quantity.inputs,
                aliases=quantity.aliases,
                description=quantity.description,
                size=sizes.get(quantity.kind, 1),
            )
            for name, quantity in table.QUANTITIES.items()
        },
        final="I_pixel_final",
    )
