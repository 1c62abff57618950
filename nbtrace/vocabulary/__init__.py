"""What a vocabulary is: the quantities of a computation, their units, order, formulas and the names of its two sides.

The engine knows no physics; it asks the vocabulary that a trace was read with.
"""
