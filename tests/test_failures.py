"""What a failed comparison leaves: how long its cause is looked for, and the folder of its bundle."""

from pathlib import Path

from hypothesis import given
from hypothesis import strategies as st

from nbtrace import diff, read_trace
from nbtrace.failures import Causes, folder_name


def test_looking_for_causes_has_an_end(pairs: Path) -> None:
    c, py = (read_trace(pairs / "supervisor__685_1039" / name) for name in ("c.log", "c_roi_fresh.log"))
    causes = Causes(seconds=1e-9)
    found = causes.of(diff(c, py))
    assert found is not None
    assert found.words.startswith("C: rot_a_angstroms")
    assert found.blames
    assert causes.of(diff(c, py)) is None
    assert Causes().of(diff(c, c)) is None


@given(st.text(max_size=400))
def test_any_node_id_is_a_folder_name(node: str) -> None:
    name = folder_name(node)
    assert name.isascii()
    assert 12 <= len(name) <= 100
    assert name == Path(name).name
    assert name[0] not in ".-"
    assert not set(name) & set('/\\:*?"<>| ')
    assert folder_name(node + "x") != name
