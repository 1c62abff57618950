"""The embedded simulator as evidence: what it makes of the traced pixel with one thing changed."""
