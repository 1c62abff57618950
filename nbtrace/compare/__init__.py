"""Comparing traces: alignment, tolerances, statuses, first divergence, and each log against itself."""
