"""What a captured log says of its origin is read back as it was written."""

from dataclasses import replace
from pathlib import Path

from nbtrace.capturing.capture_origin import CaptureOrigin, origin_lines, read_origin
from nbtrace.capturing.capture_request import CaptureRequest
from nbtrace.capturing.probe import ProbeFile

REQUEST = CaptureRequest(
    Path("/a b/program"), ("-x", "it's", "1 2"), ProbeFile((), path=Path("my probes.toml")), {"row": 1, "col": 2}
)


def written(where: Path, *lines: str) -> Path:
    path = where / "c.log"
    path.write_text("".join(f"{line}\n" for line in ("TRACE_FORMAT 1", *lines, "TRACE_C: x 1")))
    return path


def test_the_origin_is_read_as_it_was_written(tmp_path: Path) -> None:
    lines = ["# captured from program, sha256 abc", *(f"# {line}" for line in origin_lines(REQUEST))]
    found = read_origin(written(tmp_path, *lines))
    assert found == CaptureOrigin(("/a b/program", "-x", "it's", "1 2"), "abc", "my probes.toml", {"row": 1, "col": 2})
    twin = read_origin(written(tmp_path, *lines, "# a twin of the program with sha256 def"))
    assert twin is not None
    assert twin.sha256 == "def"


def test_the_log_of_a_run_with_a_value_injected_is_not_that_of_the_program(tmp_path: Path) -> None:
    lines = ["# captured from program, sha256 abc", *(f"# {line}" for line in origin_lines(REQUEST))]
    assert read_origin(written(tmp_path, *lines, "# injected: gain = 3")) is None


def test_shipped_probes_are_not_named() -> None:
    shipped = replace(REQUEST, probes=ProbeFile((), path=Path("nanobragg.toml"), shipped=True), at={})
    assert list(origin_lines(shipped)) == ["command: '/a b/program' -x 'it'\"'\"'s' '1 2'"]


def test_what_is_no_captured_log_has_no_origin(tmp_path: Path) -> None:
    assert read_origin(written(tmp_path)) is None
    assert read_origin(written(tmp_path, "# command: 'open", "# captured from x, sha256 1")) is None
    assert read_origin(written(tmp_path, "# command: ./x", "# captured from x, sha256 1", "# turn: a=b")) is None
    assert read_origin(tmp_path / "missing") is None
    (tmp_path / "binary").write_bytes(bytes(range(256)) * 40)
    assert read_origin(tmp_path / "binary") is None
