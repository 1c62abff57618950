"""A fish stock in three age classes under fishing, year by year and class by class; prints a trace."""

import argparse

FECUNDITY = (0.0, 0.8, 1.7)
"""Young that one fish of a class leaves in a year."""
SURVIVAL = (0.35, 0.62, 0.71)
"""Share of a class that lives to the next year; those of the last stay in it."""
WEIGHT_KG = (0.03, 0.45, 1.9)
CATCHABILITY_1_D = 2.5e-3
"""Share of the adults that a day of fishing catches."""
START = (5200.0, 1450.0, 880.0)


def trace(key: str, *values: float, unit: str = "", year: int | None = None) -> None:
    """Print one quantity."""
    place = "" if year is None else f"year={year}"
    print("ledger>", *filter(None, (place, key, "=", *(f"{value:.15g}" for value in values), unit)))


def fishing_days(year: int) -> float:
    """Return the days at sea, which depend on the weather."""
    return 60.0 + 15.0 * (year * 7 % 5)


def main() -> None:
    """Let the stock live and be fished; print every quantity on the way."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--years", type=int, default=12)
    parser.add_argument("--unfished", action="store_true", help="no day at sea")
    options = parser.parse_args()

    trace("leslie", *FECUNDITY, SURVIVAL[0], 0.0, 0.0, 0.0, SURVIVAL[1], SURVIVAL[2])
    trace("weight_kg", *WEIGHT_KG, unit="kg")
    trace("adult_kg", WEIGHT_KG[2], unit="kg")
    trace("catchability_1_d", CATCHABILITY_1_D, unit="1/d")
    young, juvenile, adult = START
    total = 0.0
    for year in range(options.years + 1):
        if year > 0:
            born = FECUNDITY[0] * young + FECUNDITY[1] * juvenile + FECUNDITY[2] * adult
            grown = SURVIVAL[1] * juvenile + SURVIVAL[2] * adult
            young, juvenile, adult = born, SURVIVAL[0] * young, grown
        before, total = total, young + juvenile + adult
        biomass = WEIGHT_KG[0] * young + WEIGHT_KG[1] * juvenile + WEIGHT_KG[2] * adult
        trace("stock", young, juvenile, adult, year=year)
        trace("total", total, year=year)
        if year > 0:
            trace("growth", total / before, year=year)
        trace("biomass_kg", biomass, unit="kg", year=year)
        days = 0.0 if options.unfished else fishing_days(year)
        caught = CATCHABILITY_1_D * days
        trace("adults", adult, year=year)
        trace("effort_d", days, unit="d", year=year)
        trace("share", caught, year=year)
        trace("harvest_kg", adult * caught * WEIGHT_KG[2], unit="kg", year=year)
        adult -= adult * caught
        trace("escaped", young, juvenile, adult, year=year)


if __name__ == "__main__":
    main()
