"""Injecting known mistakes into real traces, to score how well they are found and named."""
