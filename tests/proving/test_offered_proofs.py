"""A proof is offered where a log was captured from a program that is still there, and there is something to try."""

import shlex
import shutil
import sys
from pathlib import Path

import pytest

from nbtrace.explanation.explain import Explanation, explain
from nbtrace.explanation.proof import NotTried, not_tried
from nbtrace.explanation.proven import proven
from nbtrace.files import sha256_of
from nbtrace.parsers import read_trace
from nbtrace.proving.offered_proofs import offered_proofs
from nbtrace.report import markdown
from nbtrace.report.views.explain_view import explain_view
from nbtrace.vocabulary.sides import Side
from tests.proving.meter import DOUBLED, PORT, PORT_PROBES, PROBES, RIGHT, STALE, log, vocabulary


@pytest.fixture(autouse=True)
def place(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """The folder in which the programs and the logs are; gdb seems to be there."""
    monkeypatch.chdir(tmp_path)
    (tmp_path / "meter").write_bytes(b"\x7fELF")
    (tmp_path / "meter").chmod(0o755)
    (tmp_path / "port.py").write_text(PORT)
    (tmp_path / "probes.toml").write_text(PROBES)
    (tmp_path / "port.toml").write_text(PORT_PROBES)
    found = shutil.which
    monkeypatch.setattr(
        "nbtrace.proving.offered_proofs.shutil.which", lambda name: "gdb" if name == "gdb" else found(name)
    )
    return tmp_path


def head(command: list[str], file: str, probes: str, turn: str) -> str:
    lines = (
        f"captured from {file}, sha256 {sha256_of(Path(file))}",
        f"command: {shlex.join(command)}",
        f"probes: {probes}",
        f"turn: {turn}",
    )
    return "".join(f"# {line}\n" for line in lines)


def of_meter(place: Path) -> str:
    return head([str(place / "meter"), "7"], "meter", "probes.toml", "row=1 col=2")


def of_port() -> str:
    return head([sys.executable, "port.py", "7"], "port.py", "port.toml", "s=1 f=2")


def explained(c: str, port: str) -> Explanation:
    Path("c.log").write_text(c)
    Path("port.log").write_text(port)
    return explain(*(read_trace(name, vocabulary=vocabulary()) for name in ("c.log", "port.log")))


def test_the_reference_that_a_log_was_captured_from_is_asked(place: Path) -> None:
    result = explained(of_meter(place) + STALE, log())
    wanted = f"--prove {place / 'meter'} --probes probes.toml --pixel 1 2 -- 7"
    assert list(offered_proofs(result)) == [wanted]
    assert "nbtrace explain c.log port.log" in markdown.render(explain_view(result))
    assert wanted in markdown.render(explain_view(result))
    asked = proven(result, {}, not_tried(NotTried.NO_PIXEL))
    assert list(offered_proofs(asked)) == []


def test_the_port_is_asked_where_it_is_all_there_is(place: Path) -> None:
    command = shlex.quote(f"{sys.executable} port.py 7")
    wanted = f"--prove-port {command} --port-probes port.toml --pixel 1 2"
    assert list(offered_proofs(explained(RIGHT, of_port() + DOUBLED))) == [wanted]
    both = explained(of_meter(place) + RIGHT, of_port() + DOUBLED)
    assert [options.partition(" ")[0] for options in offered_proofs(both)] == ["--prove"]
    (place / "port.py").write_text(PORT + "\n")
    assert list(offered_proofs(explained(RIGHT, of_port().replace("sha256 ", "sha256 0") + DOUBLED))) == []


@pytest.mark.parametrize("change", ["agree", "program", "gone", "probe", "computed", "gdb"])
def test_nothing_is_offered_that_would_not_be_tried(place: Path, monkeypatch: pytest.MonkeyPatch, change: str) -> None:
    c, port = of_meter(place) + STALE, log()
    if change == "agree":
        port = STALE.replace("TRACE_C", "TRACE_PORT")
    elif change == "program":
        (place / "meter").write_bytes(b"\x7fELF another")
    elif change == "gone":
        (place / "meter").unlink()
    elif change == "probe":
        (place / "probes.toml").write_text(PROBES.replace(', gain = "gain"', ""))
    elif change == "computed":
        (place / "probes.toml").write_text(PROBES.replace('gain = "gain"', 'gain = "gain + 0"'))
    else:
        monkeypatch.setattr("nbtrace.proving.offered_proofs.shutil.which", lambda name: name != "gdb" or None)
    result = explained(c, port)
    assert list(offered_proofs(result)) == []
    assert "--prove" not in markdown.render(explain_view(result))


def test_a_log_that_was_not_captured_offers_nothing() -> None:
    result = explained(STALE, log())
    assert list(offered_proofs(result)) == []
    assert result.proof_in(Side.PY) is None
