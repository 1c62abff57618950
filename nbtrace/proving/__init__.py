"""Causes held against the reference itself: values are changed in the running program, and its output is read."""
