"""The generator of command lines, without a reference."""

from pathlib import Path

import pytest

from simulator.arguments import parse
from simulator.flags import FLAGS
from tests.live.inputs import write_inputs
from tests.live.lines import line

OURS = {"-mode", "-dtype", "-device", "-compile", "-threads_emulated", "-memory_mb"}


def test_a_seed_always_gives_the_same_line_and_every_flag_has_its_turn() -> None:
    lines = [line(seed) for seed in range(1000)]
    assert lines == [line(seed) for seed in range(1000)]
    words = {word for each in lines for word in each if word.startswith("-")}
    unseen = {flag.token for flag in FLAGS if not any(flag.matches(word) for word in words)}
    assert unseen == OURS


def test_every_line_makes_a_run(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    write_inputs(tmp_path)
    monkeypatch.chdir(tmp_path)
    configs = [parse(line(seed)).config for seed in range(1000)]
    assert len({config.model_dump_json() for config in configs}) > 990
