"""Causes that belong to quantities of nanoBragg."""
