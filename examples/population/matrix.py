"""A fish stock in three age classes under fishing, by its Leslie matrix with numpy; prints a trace."""

import argparse

import numpy as np

LESLIE = np.array([[0.0, 0.8, 1.7], [0.35, 0.0, 0.0], [0.0, 0.62, 0.71]])
WEIGHT_G = np.array([30.0, 450.0, 1900.0])
CATCHABILITY = 2.5e-3
"""Share of the adults that a day of fishing catches."""
START = np.array([5200.0, 1450.0, 880.0])
ADULT = np.array([0.0, 0.0, 1.0])
MISTAKES = ("transposed",)


def trace(key: str, value: float | np.ndarray, year: int | None = None) -> None:
    """Print one quantity; of a matrix row by row."""
    numbers = " ".join(repr(float(number)) for number in np.ravel(value))
    print(f"MATRIX {key}: {numbers}" if year is None else f"MATRIX year={year} {key}: {numbers}")


def main() -> None:
    """Let the stock live and be fished; print every quantity on the way."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--years", type=int, default=12)
    parser.add_argument("--unfished", action="store_true", help="no day at sea")
    parser.add_argument("--mistake", choices=MISTAKES, help="transposed: the stock as a row, times the matrix")
    options = parser.parse_args()

    years = np.arange(options.years + 1)
    effort = np.zeros(len(years)) if options.unfished else 60.0 + 15.0 * (years * 7 % 5)
    share = CATCHABILITY * effort
    trace("leslie", LESLIE)
    trace("weight_g", WEIGHT_G)
    trace("adult_g", WEIGHT_G[2])
    trace("catchability_1_d", CATCHABILITY)
    stock, escaped, totals = START, START, [START.sum()]
    for year in years:
        if year > 0:
            stock = escaped @ LESLIE if options.mistake == "transposed" else LESLIE @ escaped
            totals.append(stock.sum())
        adults = stock @ ADULT
        escaped = stock - share[year] * adults * ADULT
        trace("stock", stock, year)
        trace("total", totals[-1], year)
        if year > 0:
            trace("growth", totals[-1] / totals[-2], year)
        trace("biomass_kg", stock @ WEIGHT_G / 1000, year)
        trace("adults", adults, year)
        trace("effort_d", effort[year], year)
        trace("share", share[year], year)
        trace("harvest_t", adults * share[year] * WEIGHT_G[2] / 1e6, year)
        trace("escaped", escaped, year)


if __name__ == "__main__":
    main()
