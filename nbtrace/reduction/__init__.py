"""The smallest case that still fails in the same way: what failing is, the search, its answers kept; no physics."""
