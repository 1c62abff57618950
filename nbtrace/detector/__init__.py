"""Whole-detector traces, in columns: where on the detector does which quantity diverge first."""
