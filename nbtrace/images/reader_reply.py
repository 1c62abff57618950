"""What the process that reads a file says before it sends the pixels: it must be this before anything of it is used."""

import math
from typing import Any

import numpy as np
from pydantic import BaseModel, Field


class ReaderReply(BaseModel):
    """What the process says of the pixels that it sends; `refusal` is why it sends none."""

    dtype: str = Field(default="|u1", pattern=r"^[<>|=][buif]\d{1,2}$")
    shape: tuple[int, ...] = Field(default=(), max_length=8)
    frames: int = 1
    header: dict[str, str] = {}
    masked: bool = False
    details: dict[str, Any] = {}
    refusal: str = ""

    @property
    def size(self) -> int:
        """Bytes of the pixels, and of the mask behind them."""
        count = math.prod(self.shape)
        return 0 if self.refusal else count * np.dtype(self.dtype).itemsize + count * self.masked
