"""The probes that come with nbtrace name what the traces of the program name, and no line of its source."""

from nbtrace.capturing.probe_file import read_probe_file
from nbtrace.parsers import read_trace
from nbtrace.physics.nanobragg.quantities import QUANTITIES
from nbtrace.physics.nanobragg.shipped_probes import PROBE_FILE
from nbtrace.vocabulary import registry
from tests.places import PAIRS

FILE = read_probe_file(PROBE_FILE, shipped=True)


def test_the_vocabulary_finds_them() -> None:
    assert registry.knowledge(registry.default(), "probes", None) == PROBE_FILE


def test_every_quantity_is_one_of_the_vocabulary() -> None:
    keys = {key for quantity in QUANTITIES.values() for key in (quantity.name, *dict(quantity.aliases))}
    keys |= {name.removeprefix("phi_") for name in QUANTITIES if name.startswith("phi_")}
    assert {quantity.name for _, quantity in FILE.quantities} - keys == set()


def test_no_line_of_the_program_is_named() -> None:
    assert all(probe.place.text is None and probe.place.line is None for probe in FILE.probes)


def test_they_give_every_quantity_of_the_pixel_block_that_the_reference_prints() -> None:
    trace = read_trace(PAIRS / "supervisor__685_1039" / "c.log")
    printed = {record.key for record in trace.records if record.family in {"TRACE_C", "TRACE_C_PHI"}}
    given = {quantity.name for _, quantity in FILE.quantities}
    assert len(given) > 40
    assert printed >= given
    lines = (PAIRS / "supervisor__685_1039" / "c.log").read_text().splitlines()
    block = {line.split()[1] for line in lines if line.startswith("TRACE_C: ")}
    assert block <= given
