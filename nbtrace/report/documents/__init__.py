"""Results as JSON, and read back from it."""
