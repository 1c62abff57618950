"""What the lines of a φ step must hold before they become records."""

import math
from collections.abc import Mapping

from nbtrace.frozen import frozen
from nbtrace.physics.nanobragg.quantities import PHI_TIC
from nbtrace.records import MOST


@frozen
class StepForm:
    """The fields of a line of a φ step.

    Attributes
    ----------
    fields : tuple of str
        Those that must be there besides the ordinal of the step.
    others : bool
        Whether there may be others.
    """

    fields: tuple[str, ...]
    others: bool = False

    def misfit(self, values: Mapping[str, float]) -> str | None:
        """Return why a line with these fields is none of this form; None if it is one."""
        if PHI_TIC not in values:
            return f"{PHI_TIC} is missing"
        if complaint := _no_ordinal(values[PHI_TIC]):
            return f"{PHI_TIC}: {complaint}"
        missing = next((field for field in self.fields if field not in values), None)
        if missing is not None:
            return f"{missing} is missing"
        known = {PHI_TIC, *self.fields}
        other = None if self.others else next((field for field in values if field not in known), None)
        return None if other is None else f"{other}: Extra inputs are not permitted"


def _no_ordinal(number: float) -> str | None:
    if not math.isfinite(number):
        return "Input should be a finite number"
    if number != int(number):
        return "Input should be a valid integer, got a number with a fractional part"
    if number < 0:
        return "Input should be greater than or equal to 0"
    return f"Input should be less than or equal to {MOST}" if number > MOST else None


PHI_LINE = StepForm(("phi_deg", "k_frac", "F_latt_b", "F_latt"), others=True)
"""`TRACE_C_PHI phi_tic=… phi_deg=… k_frac=… F_latt_b=… F_latt=…`, with any further `key=number` fields."""

ROT_STAR_LINE = StepForm(("ap_y", "bp_y", "cp_y"))
"""`TRACE_PY_ROTSTAR phi_tic=… ap_y=… bp_y=… cp_y=…`: y components of the rotated cell vectors, Å."""
