"""What one log lacks in the turns of a loop, added in parts of the other log."""

from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import numpy as np
import pytest

from nbtrace.longlogs.columnar import ColumnReader
from nbtrace.longlogs.lacked_values import LackedValues
from nbtrace.longlogs.windows import SideStream, Slots
from nbtrace.parsers import read_trace
from nbtrace.vocabulary import registry

_LINE = "TRACE_C_PHI phi_tic={0} phi_deg=0.{0} k_frac=3{0}.5 F_latt_b=4{0}.5 F_latt=5{0}.25\n"
_NAMES = ["phi_deg", "phi_k_frac", "phi_F_latt_b", "phi_F_latt"]


@pytest.mark.parametrize("cut", [4, 5, 6, 7])
def test_values_stand_as_their_line_has_them_though_two_parts_of_the_log_share_it(tmp_path: Path, cut: int) -> None:
    """The first value of a line may be of one sample, and the others of the next one, which is compared later."""
    log = tmp_path / "c.log"
    log.write_text(_LINE.format(6) + _LINE.format(7))
    reader = ColumnReader(str(log))
    (columns,) = reader.chunks()
    lacked = LackedValues()
    with ThreadPoolExecutor(1) as executor:
        stream = SideStream(reader, Slots(registry.default()), executor, iter(()))
        parts = stream.joined([(columns, 0, cut)], []), stream.joined([(columns, cut, 8)], [])
    for part, first in zip(parts, (0, cut), strict=True):
        lacked.begin(part)
        for row in range(part.kind.size):
            lacked.add(part, np.array([row]), np.array([6 + (first + row) // 4]), _NAMES[(first + row) % 4])
    found = lacked.by_turn(set(_NAMES), read_trace(str(log)), 1 << 20)
    assert {turn: list(own.quantities) for turn, own in found.items()} == {6: _NAMES, 7: _NAMES}
    assert [record.value.text for record in found[7]] == ["0.7", "37.5", "47.5", "57.25"]
