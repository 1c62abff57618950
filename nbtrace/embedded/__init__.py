"""The embedded simulator: nanoBragg's computation in torch, run as a program, for a trace, or for evidence."""
