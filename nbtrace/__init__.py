"""Find the first quantity in which two programs diverge."""
