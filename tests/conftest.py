import os
from collections.abc import Callable
from pathlib import Path

import pytest
from hypothesis import settings

from nbtrace import Trace
from tests.one_trace import one
from tests.places import PAIRS

# A busy machine is no fault. `make test-all` tries more examples.
settings.register_profile("quick", deadline=None, max_examples=40)
settings.register_profile("thorough", deadline=None)
settings.load_profile("thorough" if "NBTRACE_THOROUGH" in os.environ else "quick")

pytest_plugins = ("nbtrace.pytest_plugin", "pytester")
"""Ours by name, so that the tests also run on a copy that is not installed; pytest takes it once either way."""


@pytest.fixture(scope="session")
def pairs() -> Path:
    """The folder of example pairs: one folder per configuration, named after it and the pixel (slow, fast)."""
    return PAIRS


@pytest.fixture(scope="session")
def read() -> Callable[..., Trace]:
    """Reads the text of a log that holds one trace."""
    return one


@pytest.fixture(scope="session")
def corpus() -> Path:
    """The folder of third-party logs, which is not part of this repository."""
    folder = os.environ.get("NBTRACE_CORPUS")
    if not folder:
        pytest.skip("set NBTRACE_CORPUS to the folder of third-party logs")
    return Path(folder)
