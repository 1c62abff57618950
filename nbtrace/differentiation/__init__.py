"""Derivatives of what programs compute: measured by finite differences, told by autograd, and held against each other."""
