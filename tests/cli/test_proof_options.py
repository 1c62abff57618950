"""`nbtrace explain --prove`: the answer, the documents, the bundle, and what is typed wrongly."""

import json
import shlex
import sys
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

from tests.proving.meter import DOUBLED, PORT, PORT_PROBES, PROBES, RIGHT, STALE, VOCABULARY, folder, log, needs_gdb

if TYPE_CHECKING:
    from tests.cli.conftest import Run


@pytest.fixture
def meter(tmp_path: Path) -> str:
    """Writes the files, and returns the call up to what stands after the dashes."""
    (tmp_path / "c.log").write_text(STALE)
    (tmp_path / "port.log").write_text(log())
    (tmp_path / "meter.toml").write_text(VOCABULARY)
    (tmp_path / "probes.toml").write_text(PROBES)
    return "explain c.log port.log --vocabulary meter.toml --probes probes.toml"


@needs_gdb
def test_the_proof_leads_and_is_filed_with_both_outputs_and_the_command(nb: "Run", meter: str, tmp_path: Path) -> None:
    call = f"{meter} --prove {folder() / 'meter'} --pixel 1 2 --json e.json --bundle B -- 7"
    ended = nb(*call.split())
    assert ended.code == 1
    assert "proven: with that changed C itself gives PORT's number" in " ".join(ended.out.split()[:40])
    document = json.loads((tmp_path / "e.json").read_text())
    proof = document["reference_proof"]
    assert (proof["outcome"], proof["match"], proof["others_moved"]) == ("confirmed", "bits", 0)
    assert proof["command"] == [str(folder() / "meter"), "7"]
    assert proof["settings"] == ["gain = 3"]
    assert document["roots"][0]["reference_proof"] == proof
    plain, changed = ((tmp_path / "B" / f"proof_{run}_image.bin").read_bytes() for run in ("plain", "injected"))
    assert [at for at in range(0, 80, 4) if plain[at : at + 4] != changed[at : at + 4]] == [28]
    assert "Proof: with the right gain (one value changed)" in (tmp_path / "B" / "explain.md").read_text()
    assert nb("bundle", "verify", "B").code == 0


def test_the_port_is_asked_beside_the_reference(nb: "Run", meter: str, tmp_path: Path) -> None:
    """The reference is not tried, for want of a pixel of its own image; the port confirms, and both are filed."""
    (tmp_path / "c.log").write_text(RIGHT)
    (tmp_path / "port.log").write_text(DOUBLED)
    (tmp_path / "port.py").write_text(PORT)
    (tmp_path / "port.toml").write_text(PORT_PROBES)
    port = f"{shlex.quote(sys.executable)} port.py 7"
    call = [
        *meter.split(),
        "--prove",
        "/bin/sh",
        "--prove-port",
        port,
        "--port-probes",
        "port.toml",
        "--pixel",
        "1",
        "2",
    ]
    ended = nb(*call, "--json", "e.json", "--bundle", "B")
    assert ended.code == 1
    said = " ".join(ended.out.split())
    assert "Proof: not tried: " in said
    assert "Proof in the port: with the right gain (one value changed) PORT itself gives C's number" in said
    document = json.loads((tmp_path / "e.json").read_text())
    proof = document["port_proof"]
    assert (proof["host"], proof["outcome"], proof["target"], proof["candidate"]) == ("py", "confirmed", 126.0, None)
    assert document["roots"][0]["port_proof"] == proof
    assert document["reference_proof"]["outcome"] == "not tried"
    assert (document["port_proof_together"], document["reference_proof_together"]) == (None, None)
    plain, changed = ((tmp_path / "B" / f"port_proof_{run}_image.bin").read_bytes() for run in ("plain", "injected"))
    assert [at for at in range(0, 80, 4) if plain[at : at + 4] != changed[at : at + 4]] == [28]


@needs_gdb
@pytest.mark.parametrize(
    ("more", "said"),
    [("", "neither log says which pixel"), ("--pixel 3 9", "no turn col=9 of its loop")],
)
def test_what_cannot_be_proven_is_said_and_the_exit_status_stays(nb: "Run", meter: str, more: str, said: str) -> None:
    ended = nb(*f"{meter} --prove {folder() / 'meter'} {more} -- 7".split())
    assert ended.code == 1
    assert f"Proof: not tried: {said}" in " ".join(ended.out.split()) or said in " ".join(ended.out.split())


@pytest.mark.parametrize(
    ("more", "code", "said"),
    [
        ("", 2, "--probes is of --prove PROGRAM"),
        ("--prove ./missing", 5, "./missing is no program that can be run"),
        ("--prove /bin/sh --pixel 1 2 --at q=1", 2, "'q' is no selected loop"),
        ("--prove /bin/sh --prove-port ./p", 2, "--prove-port needs --port-probes TOML"),
        ("--prove /bin/sh --port-probes probes.toml", 2, "--port-probes is of --prove-port"),
        ("--prove /bin/sh --uncompiled", 2, "--uncompiled is of --prove-port"),
        ("--prove /bin/sh --timeout -1", 2, "give seconds"),
    ],
)
def test_a_wrong_call_is_one_line(nb: "Run", meter: str, more: str, code: int, said: str) -> None:
    ended = nb(*f"{meter} {more}".split())
    assert (ended.code, ended.out) == (code, "")
    assert said in ended.err
    assert ended.err.count("\n") == 1


def test_a_vocabulary_without_probes_says_so(nb: "Run", meter: str) -> None:
    ended = nb(*meter.replace("--probes probes.toml", "--prove /bin/sh").split())
    assert ended.code == 2
    assert "the vocabulary meter has no probes: give --probes TOML" in ended.err
