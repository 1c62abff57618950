"""The pytest plugin: a `parity` fixture whose failure is nbtrace's report.

Every pytest run of everyone who has nbtrace installed loads this module: it imports nothing but pytest, and the
comparison itself only once a test asks for it. (PYTEST_DONT_REWRITE: it asserts nothing.)
"""

import inspect
from collections.abc import Generator
from typing import TYPE_CHECKING

import pytest

if TYPE_CHECKING:
    from nbtrace.failures import Causes
    from nbtrace.parity import Parity

_IN_USE: pytest.StashKey["Parity"] = pytest.StashKey()
_CAUSES: pytest.StashKey["Causes"] = pytest.StashKey()


def pytest_addoption(parser: pytest.Parser) -> None:
    """Add `--nbtrace-report`."""
    parser.getgroup("nbtrace").addoption(
        "--nbtrace-report",
        metavar="DIR",
        help="Write an evidence bundle of each test whose parity comparison fails, in a folder named after the test.",
    )


@pytest.fixture
def parity(request: pytest.FixtureRequest) -> "Parity":
    """Compare two traces, images or arrays; the test fails with nbtrace's report if they differ.

    `parity(c, py)` takes file names, Trace objects, images, arrays, tensors, tables and dicts of them, and returns the
    result of the comparison; `parity.traces`, `parity.images` and `parity.arrays` say which is meant. A test that asks
    for `parity` and compares nothing fails, too.
    """
    from nbtrace.failures import Causes  # noqa: PLC0415 - only tests that compare pay for the import
    from nbtrace.parity import Parity  # noqa: PLC0415

    config = request.config
    function = inspect.unwrap(request.function)
    function = getattr(getattr(function, "hypothesis", None), "inner_test", function)
    folder = config.getoption("--nbtrace-report")
    comparing = Parity(
        node=request.node.nodeid,
        project=config.rootpath,
        report=None if folder is None else config.invocation_params.dir / folder,
        width=config.get_terminal_writer().fullwidth,
        causes=config.stash.setdefault(_CAUSES, Causes()),
        test=getattr(function, "__code__", None),
    )
    request.node.stash[_IN_USE] = comparing
    return comparing


@pytest.hookimpl(wrapper=True)
def pytest_runtest_makereport(
    item: pytest.Item, call: pytest.CallInfo[None]
) -> Generator[None, pytest.TestReport, pytest.TestReport]:
    """Give the short summary the answer in one line, and the line of the test that asked for it."""
    report = yield
    comparing = item.stash.get(_IN_USE, None)
    failed = None if comparing is None else comparing.failed
    crash = getattr(report.longrepr, "reprcrash", None)
    if failed is not None and crash is not None and call.excinfo is not None and call.excinfo.value is failed.error:
        crash.message = failed.summary
        if failed.call is not None:
            crash.path, crash.lineno = failed.call.path, failed.call.line
    return report


@pytest.hookimpl(trylast=True)
def pytest_runtest_call(item: pytest.Item) -> None:
    """Fail a test that has passed, and is therefore asked here last, without the comparison that it asked for."""
    comparing = item.stash.get(_IN_USE, None)
    if comparing is not None and not comparing.compared:
        pytest.fail("parity was asked for, and nothing was compared", pytrace=False)
