"""Two tables of structure factors: which reflections a side lacks, which differ, and one relation for all of them."""
