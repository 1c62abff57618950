import json
import shutil
from pathlib import Path

import pytest

from nbtrace.cli.compare_sides import Request
from nbtrace.embedded.choice import Choice
from nbtrace.errors import UsageError
from simulator.arguments import parse
from tests.embedded_runs import PLAIN
from tests.places import GOLDEN_SUITE

CASE = GOLDEN_SUITE / "roi"


def request(archived: Path | None = None, threads: int | None = None, **more: str | None) -> Request:
    reference, candidate = more.get("reference"), more.get("candidate")
    return Request((), reference, candidate, archived, threads, None, Choice(mode=more.get("mode")))


@pytest.fixture(autouse=True)
def _no_variables(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("NB_PY_BIN", raising=False)


def test_threads_are_those_of_the_recorded_run(tmp_path: Path) -> None:
    shutil.copytree(CASE, tmp_path / "case")
    path = tmp_path / "case" / "case.json"
    path.write_text(json.dumps({**json.loads(path.read_text()), "threads": 3}))
    assert request(path.parent).thread_count == 3
    assert request(path.parent, threads=2).thread_count == 2
    assert request().thread_count == 1


def test_the_candidate_is_named() -> None:
    assert request().candidate_name == "embedded simulator"
    assert request(mode="spec").candidate_name == "embedded simulator, spec"
    assert request(candidate="sh -c x").candidate_name == "sh (--cand)"


def test_what_excludes_each_other_is_refused() -> None:
    with pytest.raises(UsageError, match="not both"):
        request(CASE, reference="x")
    with pytest.raises(UsageError, match="the candidate is sh"):
        request(candidate="sh", mode="spec")


@pytest.mark.parametrize(("mode", "curved"), [(None, False), ("c-parity", False), ("spec", True)])
def test_the_mode_decides_how_a_last_flag_is_read(mode: str | None, curved: bool) -> None:
    words = [*PLAIN.split(), "-curved_det"]
    assert Choice(mode).reread(words, parse(words).config).detector.curved is curved
