"""The formulas of the quantities, on logged values."""
