"""What the environment says of a run where its flags do not."""

import os
from collections.abc import Sequence
from typing import get_args

from simulator.config import ExecutionConfig
from simulator.errors import ConfigurationError, shown

DTYPE_VARIABLE = "NB_PYTORCH_DTYPE"
DTYPE_FLAG = "-dtype"


def environment_dtype() -> str | None:
    """Return the precision that the environment asks for; None where it asks for none.

    Raises
    ------
    ConfigurationError
        If it is none that there is.
    """
    value = os.environ.get(DTYPE_VARIABLE, "")
    if not value:
        return None
    known = get_args(ExecutionConfig.model_fields["dtype"].annotation)
    if value not in known:
        raise ConfigurationError(f"{DTYPE_VARIABLE} is {shown(value)}; set it to {' or '.join(known)}, or to nothing")
    return value


def with_environment_dtype(words: Sequence[str]) -> tuple[list[str], str]:
    """Return flags with the precision of the environment in front where they name none, and what is to be said of it.

    Raises
    ------
    ConfigurationError
        If the environment asks for a precision that there is not.
    """
    dtype = None if DTYPE_FLAG in words else environment_dtype()
    if dtype is None:
        return list(words), ""
    return [DTYPE_FLAG, dtype, *words], f"computed in {dtype}, as {DTYPE_VARIABLE} says"
