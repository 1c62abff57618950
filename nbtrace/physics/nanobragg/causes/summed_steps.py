"""Causes by which a sum over very many steps has a term too little, too often or alone."""

from collections.abc import Sequence

import numpy as np

from nbtrace.explanation.causes.many_candidates import ManyCandidates


def other_terms(right: float, terms: Sequence[float], total: float, words: Sequence[str]) -> ManyCandidates:
    """Return a sum as it is with one term left out, alone, twice and for all, of each of its terms in turn.

    Parameters
    ----------
    right : float
        What the sum should be.
    terms : sequence of float
    total : float
        Their sum.
    words : sequence of str
        The four in words, to be filled with the number of the term and how many there are.
    """
    count, each = len(terms), np.array(terms, dtype=np.float64)
    with np.errstate(all="ignore"):
        made = [
            right - each * right / total,
            each * right / total,
            right * (1 + each / total),
            each * count * right / total,
        ]
    values = np.stack(made, axis=1).ravel()
    return ManyCandidates.of(values, lambda number: words[number % len(words)].format(number // len(words), count))
