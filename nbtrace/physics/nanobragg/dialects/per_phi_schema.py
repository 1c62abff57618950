"""What the per-φ documents must hold before they become records."""

from typing import Any

from pydantic import BaseModel, ConfigDict, model_validator

from nbtrace.schema import Ordinal, Real, TracedPixel
from nbtrace.writers import PER_PHI_LISTS


class PerPhiEntry(BaseModel):
    """One entry of a per-φ JSON document; older documents also hold h, k, l and all three lattice factors."""

    model_config = ConfigDict(frozen=True, extra="allow")
    __pydantic_extra__: dict[str, Real]

    phi_tic: Ordinal
    phi_deg: Real
    k_frac: Real
    F_latt_b: Real
    F_latt: Real


class PerPhiDocument(BaseModel):
    """A per-φ JSON document; `metadata` is accepted for the fields at the top.

    The list stands under the first of `PER_PHI_LISTS` that is there.
    """

    model_config = ConfigDict(frozen=True, extra="ignore")

    timestamp: str | None = None
    pixel: TracedPixel | None = None
    config: str | None = None
    device: str | None = None
    dtype: str | None = None
    per_phi_entries: tuple[PerPhiEntry, ...]

    @model_validator(mode="before")
    @classmethod
    def _older_forms(cls, data: Any) -> Any:
        if not isinstance(data, dict):
            return data
        merged = dict(data)
        first = next((key for key in PER_PHI_LISTS if merged.get(key) is not None), None)
        if first is not None:
            merged["per_phi_entries"] = merged[first]
        metadata = merged.pop("metadata", None)
        if isinstance(metadata, dict):
            for key in ("timestamp", "config", "device", "dtype"):
                merged.setdefault(key, metadata.get(key))
            if {"pixel_s", "pixel_f"} <= metadata.keys():
                merged.setdefault("pixel", {"slow": metadata["pixel_s"], "fast": metadata["pixel_f"]})
        return merged
