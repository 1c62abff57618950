"""Traps in the files that a command line names: missing, of another format, or saying something else than the flags."""

import math
from collections.abc import Iterator, Sequence
from pathlib import Path

from simulator.config import Config
from simulator.defects import Defect
from simulator.errors import SimulatorError
from simulator.files import read_bytes
from simulator.foreign_reflections import foreign_format
from simulator.frames import frame_of
from simulator.hkl import ReflectionTable, read_hkl
from simulator.text_inputs import SourceRow, cell_of_matrix, read_matrix, read_sources, stated_cell
from simulator.traps import Trap, about_file, listed, no_effect, other_effect

_SAME_LENGTH = 0.005
_SAME_ANGLE_DEG = 0.5

_PLAUSIBLE_M = (1e-13, 1e-7)
"""Wavelengths that somebody may mean, from hard gamma rays to soft X-rays."""

_SHOWN = 4

_SCANNED = 200_000
"""Samples that are looked at for the one which ends interpolation."""


def file_traps(config: Config, wavelength: str = "-lambda") -> Iterator[Trap]:
    """Yield the traps of the files that a configuration names.

    Parameters
    ----------
    config : Config
    wavelength : str
        The flag of the wavelength with its value, as it is typed.
    """
    named = (
        ("-mat", config.crystal.matrix_file),
        ("-hkl", config.structure.hkl_file),
        ("-sourcefile", config.beam.source_file),
    )
    missing = {token for token, path in named if path is not None and not _is_file(path)}
    for token, path in named:
        if token in missing:
            beyond = ", and the reference goes on without saying so" if token == "-mat" else ""  # noqa: S105
            yield about_file(f"{token} {path}: there is no such file{beyond}")
    checks = {"-mat": _matrix, "-hkl": _reflections, "-sourcefile": _sources}
    for token, path in named:
        if path is not None and token not in missing:
            yield from checks[token](config, path, wavelength)
    if config.structure.hkl_file is None:
        yield from _cache(config)


def _is_file(path: Path) -> bool:
    try:
        return path.is_file()
    except OSError:
        return False


def _matrix(config: Config, path: Path, typed: str) -> Iterator[Trap]:
    """Yield what a matrix says of its cell that the flags contradict."""
    try:
        matrix, stated = read_matrix(path), stated_cell(path)
    except SimulatorError as error:
        yield about_file(str(error))
        return
    wavelength = config.beam.wavelength_angstrom
    cell = cell_of_matrix(matrix, wavelength)
    if cell is None:
        yield about_file(f"{path}: its nine numbers are no matrix of a cell")
        return
    given = config.crystal.cell
    if given is not None:
        if not _same_angles(tuple(given.model_dump().values()), cell):
            yield no_effect(
                f"the angles of -cell have no effect beside -mat {path}, whose are "
                f"{_numbers(cell[3:])}; the lengths have"
            )
        return
    if stated is None or _same_cell(stated, cell):
        return
    text = f"{path}: at {typed} its cell is {_numbers(cell)}, but the file itself says {_numbers(stated)}"
    ratios = [own / at for own, at in zip(stated[:3], cell[:3], strict=True)]
    if max(ratios) <= min(ratios) * (1.0 + _SAME_LENGTH) and _same_angles(stated, cell):
        text += f": the matrix was made at {wavelength * math.fsum(ratios) / 3.0:.5g} Å, a factor that it contains"
    yield about_file(text)


def _same_cell(one: Sequence[float], other: Sequence[float]) -> bool:
    lengths = zip(one[:3], other[:3], strict=True)
    return all(math.isclose(a, b, rel_tol=_SAME_LENGTH) for a, b in lengths) and _same_angles(one, other)


def _same_angles(one: Sequence[float], other: Sequence[float]) -> bool:
    return all(abs(a - b) <= _SAME_ANGLE_DEG for a, b in zip(one[3:], other[3:], strict=True))


def _numbers(values: Sequence[float]) -> str:
    return " ".join(f"{value:.4g}" for value in values)


def _sources(config: Config, path: Path, typed: str) -> Iterator[Trap]:
    """Yield what the reference does not read of a list of sources, or reads otherwise than it is meant."""
    try:
        rows, content = read_sources(path), read_bytes(path)
    except SimulatorError as error:
        yield about_file(str(error))
        return
    weights = [row.weight for row in rows]
    if len(set(weights)) > 1 and Defect.SOURCE_WEIGHTS_IGNORED in config.execution.defects:
        shown = ", ".join(f"{weight:g}" for weight in weights[:_SHOWN]) + ", …" * (len(weights) > _SHOWN)
        yield no_effect(
            f"the weights of {path}, its fourth column ({shown}), have no effect: the reference counts every source "
            "alike; -mode spec goes by them"
        )
    waves = [row.wavelength_m for row in rows]
    odd = [wave for wave in waves if wave is not None and not _PLAUSIBLE_M[0] <= wave <= _PLAUSIBLE_M[1]]
    if odd:
        yield about_file(
            f"{path}: its fifth column is the wavelength in metres, and {odd[0]:g} m is surely meant in "
            f"{'Å' if odd[0] > 0.05 else 'another unit'}; 1 Å is 1e-10"
        )
    if len(rows[-1].columns) < 5 and not content.endswith(b"\n"):
        yield about_file(
            f"{path}: its last line has no end of line, and the reference takes what is missing in it as 0, the "
            "wavelength too"
        )
    if None not in waves and _is_idle(config, [wave for wave in waves if wave is not None]):
        yield no_effect(f"{typed} has no effect: every source of {path} has a wavelength of its own")
    yield from _directions(config, rows, path)


def _is_idle(config: Config, waves: Sequence[float]) -> bool:
    """Tell whether the flags' wavelength counts nowhere beside those of the sources, and is none of them."""
    flags_m = config.beam.wavelength_angstrom * 1e-10
    elsewhere = config.crystal.matrix_file is not None or (config.sampling.oversample or 0) <= 0
    return not (elsewhere or min(waves) * 0.99 <= flags_m <= max(waves) * 1.01)


def _directions(config: Config, rows: Sequence[SourceRow], path: Path) -> Iterator[Trap]:
    """Yield the sources that do not stand where the beam of the convention comes from."""
    beam = frame_of(config.detector).beam
    size = math.sqrt(sum(component * component for component in beam))
    for number, row in enumerate(rows, 1):
        if len(row.columns) < 3 or not size:
            continue
        place = row.columns[:3]
        cosine = -sum(a * b for a, b in zip(place, beam, strict=True)) / (size * math.hypot(*place))
        if cosine < 0.5:
            yield about_file(
                f"{path}: source {number} shines {math.degrees(math.acos(max(cosine, -1.0))):.0f}° away from the beam "
                f"of the {config.detector.convention.value.upper()} convention, which is along {_numbers(beam)}"
            )
            return


def _reflections(config: Config, path: Path, _typed: str) -> Iterator[Trap]:
    """Yield what a list of reflections is, where it is none, and where it ends interpolation."""
    try:
        foreign = foreign_format(read_bytes(path))
        if foreign is not None:
            yield about_file(
                f"{path} is {foreign}; the reference reads any four numbers in a row as h k l F, so write such a list"
            )
            return
        table = read_hkl(path, config.structure.default_F)
    except SimulatorError as error:
        yield about_file(str(error))
        return
    if config.interpolates and Defect.INTERPOLATION_SWITCH_OFF in config.execution.defects:
        yield from _end_of_interpolation(config, path, table)


def _end_of_interpolation(config: Config, path: Path, table: ReflectionTable) -> Iterator[Trap]:
    """Yield where a list is too small for the detector: the first sample beyond it switches interpolation off."""
    from simulator.build import build_model, read_inputs  # noqa: PLC0415 - torch, for this question alone
    from simulator.run import history, visited_pixels  # noqa: PLC0415

    plain = config.model_copy(update={"execution": config.execution.model_copy(update={"device": "cpu"})})
    try:
        inputs = read_inputs(plain)
        model = build_model(plain, inputs)
        visited = visited_pixels(plain, inputs.mask)
        samples = model.steps * model.layers.count
        switch = history(model, visited[: max(_SCANNED // samples, 1)]).switch
    except SimulatorError:
        return
    if switch is None:
        return
    slow, fast = divmod(switch, config.shape_slow_fast[1])
    before = int((visited < switch).sum())
    limits = table.limits
    spans = listed([f"{name} {limits[2 * n]} to {limits[2 * n + 1]}" for n, name in enumerate("hkl")])
    flag = "-interpolate has no effect" if config.structure.interpolate and before == 0 else "interpolation ends"
    yield other_effect(
        f"{flag}: {path} has {spans}, and the first sample too near its edge, in pixel slow {slow} fast {fast}, "
        f"switches interpolation off for the rest of the image ({before} of {len(visited)} pixels come before)"
    )


def _cache(config: Config) -> Iterator[Trap]:
    structure = config.structure
    if _is_file(structure.dump_file):
        yield about_file(
            f"without -hkl the reference reads the structure factors of {structure.dump_file} in the folder where it "
            "runs, and there is one here; -default_F counts outside them alone"
        )
