"""Results over many commits: the file that keeps them, where digits were lost, which commit brought a divergence."""
