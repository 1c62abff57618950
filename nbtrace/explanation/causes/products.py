"""Causes by which a value has a factor of the chain too much or too little: one of them, or several at once."""

import itertools
from collections.abc import Iterator, Mapping

from nbtrace.explanation.causes.kinds_of_cause import Candidate, Case

_MOST = 3
"""Factors of the chain that are tried at once."""


def factor(case: Case) -> Iterator[Candidate]:
    """Yield the value with one factor too much or too little, once or twice."""
    if len(case.right) != 1:
        return
    view = case.view()
    for name in case.physics.factors:
        if name not in view or name == case.name:
            continue
        value = view[name][0]
        for exponent, words in (
            (1, "multiplied by"),
            (-1, "divided by"),
            (2, "multiplied twice by"),
            (-2, "divided twice by"),
        ):
            if value and value != 1.0:
                yield Candidate((case.right[0] * value**exponent,), _factor_words(case, name, exponent, words))


def _factor_words(case: Case, name: str, exponent: int, words: str) -> str:
    takes = any(node.name == name for node in case.inputs)
    if takes and exponent in {1, -1}:
        return f"the factor {name} is doubled or missing ({words} {name})"
    return f"{words} {name}"


def several_factors(case: Case) -> Iterator[Candidate]:
    """Yield the value with several factors of the chain applied to it, taken away, or exchanged."""
    if len(case.right) != 1:
        return
    known = _chain_factors(case)
    for count in range(2, _MOST + 1):
        for names in itertools.combinations(known, count):
            for exponents in itertools.product((1, -1), repeat=count):
                ratio = 1.0
                for name, exponent in zip(names, exponents, strict=True):
                    ratio *= known[name] ** exponent
                if ratio != 1.0:
                    yield Candidate(
                        (case.right[0] * ratio,), _product_words(case, dict(zip(names, exponents, strict=True)))
                    )


def _chain_factors(case: Case) -> Mapping[str, float]:
    """Return the factors of the chain that are not 1, and that are further down than the value or go into it."""
    chain, view = case.vocabulary.chain, case.view()
    names = [factor.quantity for factor in chain.factors] if chain is not None else []
    above = case.vocabulary.ancestors(case.name)
    values = {name: view[name][0] for name in names if name in view and name != case.name}
    taken = {node.name for node in case.inputs}
    return {
        name: value
        for name, value in values.items()
        if value not in {0.0, 1.0} and (name in taken or name not in above)
    }


def _product_words(case: Case, exponents: Mapping[str, int]) -> str:
    over = [name for name, exponent in exponents.items() if exponent < 0]
    times = [name for name in exponents if name not in over]
    taken = {node.name for node in case.inputs}
    number = "both" if len(exponents) == 2 else f"all {len(exponents)}"
    if not over:
        doubled = taken >= set(times)
        what = "each of them twice" if doubled else f"logged after {number} were applied"
        return f"multiplied by {'·'.join(times)}: {what}"
    if not times:
        what = "left out" if taken >= set(over) else f"logged before {number} were applied, or divided by {number}"
        return f"divided by {'·'.join(over)}: {what}"
    return f"multiplied by {'·'.join(times)} and divided by {'·'.join(over)}"
