"""A hot copper rod between two baths, cell by cell: explicit finite differences in flux form; prints a trace."""

import argparse
import math

KAPPA = 401.0
"""Conductivity of copper, W/(m K)."""
RHO_C = 3.45e6
"""Heat capacity of copper by volume, J/(m3 K)."""
FOURIER = 0.25
"""Grid Fourier number; the scheme is stable up to 0.5."""
HOT_K, COLD_K = 353.15, 293.15
"""The baths, which hold the first and the last cell at their temperatures."""


def trace(key: str, value: float, unit: str = "", place: str = "") -> None:
    """Print one value."""
    print("LOOP>", *filter(None, (place, key, f"{value:.15g}", unit)))


def initial_K(cell: int, cells: int) -> float:
    """Return the temperature of a cell before the first step."""
    x = cell / (cells - 1)
    return HOT_K + (COLD_K - HOT_K) * x + 60 * math.sin(math.pi * x) + 25 * math.sin(2 * math.pi * x)


def main() -> None:
    """Solve the heat equation and print every quantity on the way."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--cells", type=int, default=8)
    parser.add_argument("--steps", type=int, default=6)
    parser.add_argument("--length", type=float, default=0.1, help="metres")
    parser.add_argument("--radius", type=float, default=0.005, help="metres")
    options = parser.parse_args()
    cells = options.cells

    dx = options.length / cells
    area = math.pi * options.radius**2
    diffusivity = KAPPA / RHO_C
    dt = FOURIER * dx * dx / diffusivity
    capacity = RHO_C * area * options.length
    trace("kappa", KAPPA)
    trace("rho_c", RHO_C)
    trace("length_m", options.length, "m")
    trace("radius_m", options.radius, "m")
    trace("cells", cells)
    trace("dx_m", dx, "m")
    trace("area_m2", area, "m2")
    trace("diffusivity_m2_s", diffusivity, "m2/s")
    trace("dt_s", dt, "s")
    trace("heat_capacity_J_K", capacity, "J/K")

    T = [initial_K(cell, cells) for cell in range(cells)]
    flux = [0.0] * (cells - 1)
    mean = 0.0
    for step in range(options.steps + 1):
        if step > 0:
            for cell in range(1, cells - 1):
                T[cell] -= dt / (RHO_C * dx) * (flux[cell] - flux[cell - 1])
        for cell in range(cells):
            trace("T_K", T[cell], "K", f"step={step} cell={cell}")
        for cell in range(cells - 1):
            flux[cell] = -KAPPA * (T[cell + 1] - T[cell]) / dx
            trace("flux_W_m2", flux[cell], "W/m2", f"step={step} cell={cell}")
        trace("hot_end_W", area * flux[0], "W", f"step={step}")
        before, mean = mean, sum(T) / cells
        trace("mean_K", mean, "K", f"step={step}")
        trace("stored_J", capacity * mean, "J", f"step={step}")
        if step > 0:
            trace("drop_K", before - mean, "K", f"step={step}")
            trace("power_W", capacity * (before - mean) / dt, "W", f"step={step}")


if __name__ == "__main__":
    main()
