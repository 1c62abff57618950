"""Derivatives of what programs compute: measured by finite differences, told by autograd, held against each other."""
