"""Who is wrong, and why, with proof: the values of a log held against the formulas that should have given them."""
