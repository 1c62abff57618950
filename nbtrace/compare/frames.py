"""Results as pandas tables; the only comparison module that imports pandas."""

import pandas as pd

from nbtrace.compare.diff import DiffResult
from nbtrace.compare.phi import PhiResult


def diff_table(result: DiffResult) -> pd.DataFrame:
    """Return one row per compared value, in execution order."""
    return pd.DataFrame(
        [
            {
                "quantity": row.quantity,
                "sample": row.index.sample,
                "phi_tic": row.index.phi_tic,
                "c_value": row.c.numbers[0] if len(row.c.numbers) == 1 else row.c.numbers or row.c.value.text,
                "py_value": row.py.numbers[0] if len(row.py.numbers) == 1 else row.py.numbers or row.py.value.text,
                "component": row.component,
                "delta": row.difference.delta[row.difference.worst] if row.difference else None,
                "rel_delta": row.difference.relative if row.difference else None,
                "ratio_py_over_c": row.difference.ratio if row.difference else None,
                "tolerance": str(row.tolerance),
                "status": row.status.value,
                "c_line": row.c.line,
                "py_line": row.py.line,
            }
            for row in result.rows
        ]
    )


def phi_table(result: PhiResult) -> pd.DataFrame:
    """Return one row per φ step."""
    return pd.DataFrame(
        [
            {
                "phi_tic": step.phi_tic,
                "phi_deg_c": step.phi_deg_c,
                "phi_deg_py": step.phi_deg_py,
                "k_c": step.k_c,
                "k_py": step.k_py,
                "delta_k": step.delta_k,
                "delta_F_latt_b": step.delta_F_latt_b,
                "delta_F_latt": step.delta_F_latt,
                "status": step.status.value,
            }
            for step in result.steps
        ]
    )
