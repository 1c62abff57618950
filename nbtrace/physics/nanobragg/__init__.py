"""nanoBragg: its quantities, formulas, causes, habits, and runs of the simulator."""
