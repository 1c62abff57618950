import json
import subprocess
import sys
from pathlib import Path

import pytest

from nbtrace.report.documents.models.catalogue import DOCUMENTS, schema_of
from tests.cli.conftest import Run
from tests.test_layers import HEAVY


def test_the_documents_are_listed(nb: Run) -> None:
    ended = nb("schema")
    assert ended.code == 0
    assert [line.split()[0] for line in ended.out.splitlines()] == list(DOCUMENTS)
    assert all(len(line.split()) > 4 for line in ended.out.splitlines())


WITHOUT_VERDICT = frozenset({"history", "bisect"})
"""A line of a history, and a bisection, which finds a commit."""


@pytest.mark.parametrize("name", DOCUMENTS)
def test_a_schema_is_printed(nb: Run, name: str) -> None:
    ended = nb("schema", name)
    assert (ended.code, ended.err) == (0, "")
    schema = json.loads(ended.out)
    assert schema == schema_of(name)
    assert {"format", "format_version"} <= set(schema["required"])
    assert ("verdict" in schema["required"]) is (name not in WITHOUT_VERDICT)
    assert "nbtrace" in str(schema["properties"]["format"]["const"])
    assert nb("schema", name).out == ended.out


@pytest.mark.parametrize(("name", "near"), [("dif", "diff"), ("suites", "suite"), ("Trust", "trust")])
def test_an_unknown_document_is_refused_with_the_nearest(nb: Run, name: str, near: str) -> None:
    ended = nb("schema", name)
    assert (ended.code, ended.out) == (2, "")
    assert f"there is no document {name!r}; the nearest is called {near}" in ended.err


@pytest.mark.parametrize("name", ["", "fluence", "x"])
def test_where_no_document_is_near_all_are_named(nb: Run, name: str) -> None:
    ended = nb("schema", name)
    assert (ended.code, ended.out) == (2, "")
    assert f"there is no document {name!r}; there are {', '.join(DOCUMENTS)}" in ended.err


def test_nothing_heavy_is_loaded() -> None:
    script = (
        "import sys; from nbtrace.report.documents.models.catalogue import schema_of; "
        "schema_of('compare'); print(*sys.modules)"
    )
    loaded = subprocess.run([sys.executable, "-c", script], capture_output=True, text=True, check=True).stdout.split()
    assert "nbtrace.report.documents.models.trust" in loaded
    assert not {name.partition(".")[0] for name in loaded} & HEAVY


def test_a_command_that_writes_no_document_loads_no_model_of_one(supervisor: Path) -> None:
    script = (
        "import sys; from nbtrace.cli import main; sys.argv = ['nbtrace', *sys.argv[1:]]\n"
        "try:\n    main()\n"
        "except SystemExit:\n    print('nbtrace.report.documents' in sys.modules)"
    )
    command = [sys.executable, "-c", script, "diff", str(supervisor / "c.log"), str(supervisor / "py.log")]
    for more, loaded in (([], "False"), (["--json", "-"], "True")):
        ended = subprocess.run([*command, *more], capture_output=True, text=True, check=True)
        assert ended.stdout.splitlines()[-1] == loaded
