import os
import threading
import time
from pathlib import Path

import pytest

from nbtrace.errors import InputError
from nbtrace.files import read_bytes


@pytest.fixture
def pipe(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A named pipe, for whose writer nobody waits long."""
    monkeypatch.setattr("nbtrace.files._WRITER_SECONDS", 0.2)
    os.mkfifo(tmp_path / "pipe")
    return tmp_path / "pipe"


def test_a_pipe_into_which_nobody_writes_is_not_waited_for(pipe: Path) -> None:
    with pytest.raises(
        InputError, match="is a named pipe into which nobody writes; first start what does, or give a file"
    ):
        read_bytes(pipe)


@pytest.mark.parametrize("pause", [0.0, 0.5])
def test_what_somebody_writes_into_a_pipe_is_read_however_slowly(pipe: Path, pause: float) -> None:
    def write() -> None:
        with pipe.open("wb") as stream:
            time.sleep(pause)
            stream.write(b"first ")
            stream.flush()
            time.sleep(pause)
            stream.write(b"x" * 100_000)

    writer = threading.Thread(target=write)
    writer.start()
    assert read_bytes(pipe) == b"first " + b"x" * 100_000
    writer.join()


def test_a_pipe_without_a_name_is_read_to_its_end_also_where_its_end_is_all_there_is() -> None:
    for content in (b"", b"TRACE_C: a 1\n"):
        read, write = os.pipe()
        try:
            os.write(write, content)
            os.close(write)
            assert read_bytes(Path(f"/dev/fd/{read}")) == content
        finally:
            os.close(read)


def test_a_device_and_a_folder_are_no_files_with_an_end(tmp_path: Path) -> None:
    with pytest.raises(InputError, match="is a device, not a file with an end"):
        read_bytes(Path(os.devnull))
    with pytest.raises(InputError, match="cannot be read: Is a directory"):
        read_bytes(tmp_path)
