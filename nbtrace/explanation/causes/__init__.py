"""Causes as data, and the search that tests them."""
