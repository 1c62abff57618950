import time

import pytest

from nbtrace.embedded.limited_source import given_up_after
from nbtrace.errors import ProgramError


def test_what_takes_too_long_is_given_up() -> None:
    started = time.monotonic()
    with pytest.raises(ProgramError, match=r"after 0\.05 s"), given_up_after(0.05):
        time.sleep(30)
    assert time.monotonic() - started < 20


def test_no_alarm_comes_afterwards() -> None:
    with given_up_after(0.05):
        pass
    time.sleep(0.1)
