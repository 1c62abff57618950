"""The precision that the environment asks for, where flags name none."""

import pytest

from simulator.environment import environment_dtype, with_environment_dtype
from simulator.errors import ConfigurationError


def test_flags_win_over_the_environment(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("NB_PYTORCH_DTYPE", "float32")
    assert with_environment_dtype(["-N", "5"]) == (
        ["-dtype", "float32", "-N", "5"],
        "computed in float32, as NB_PYTORCH_DTYPE says",
    )
    assert with_environment_dtype(["-dtype", "float64"]) == (["-dtype", "float64"], "")


@pytest.mark.parametrize("value", [None, ""])
def test_nothing_is_asked_for_by_an_empty_variable(monkeypatch: pytest.MonkeyPatch, value: str | None) -> None:
    monkeypatch.delenv("NB_PYTORCH_DTYPE", raising=False)
    if value is not None:
        monkeypatch.setenv("NB_PYTORCH_DTYPE", value)
    assert environment_dtype() is None
    assert with_environment_dtype(["-N", "5"]) == (["-N", "5"], "")


@pytest.mark.parametrize("value", ["float16", "FLOAT32", "x\x1b[31m"])
def test_an_unknown_precision_is_one_printable_line(monkeypatch: pytest.MonkeyPatch, value: str) -> None:
    monkeypatch.setenv("NB_PYTORCH_DTYPE", value)
    with pytest.raises(ConfigurationError, match="NB_PYTORCH_DTYPE is") as error:
        environment_dtype()
    assert str(error.value).isprintable()
    assert error.value.exit_status == 2
