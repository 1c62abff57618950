from pathlib import Path

import pytest

from nbtrace.evidence.program import Surroundings, run_kept
from nbtrace.evidence.program_environment import set_for_itself


@pytest.mark.parametrize("supervised", [True, False])
def test_a_program_has_the_variables_of_the_user_and_not_those_of_this_process(
    supervised: bool, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    for name in ("NBT_OURS", "NBT_CHANGED"):
        monkeypatch.setenv(name, "")  # so that it goes again
        monkeypatch.delenv(name)
    monkeypatch.setenv("NBT_THEIRS", "7")
    for name in ("NBT_OURS", "NBT_THEIRS", "NBT_CHANGED"):
        set_for_itself(name, "1")
    monkeypatch.setenv("NBT_CHANGED", "2")
    kept = tmp_path / "out", tmp_path / "err"
    surroundings = Surroundings(tmp_path, {"NBT_MORE": "3"}) if supervised else None
    run_kept(["env"], kept, surroundings=surroundings)
    found = {line for line in kept[0].read_text().splitlines() if line.startswith("NBT_")}
    assert found == {"NBT_THEIRS=7", "NBT_CHANGED=2", *(["NBT_MORE=3"] if supervised else [])}
