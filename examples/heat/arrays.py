"""A hot copper rod between two baths, all cells at once with numpy; prints a trace of its own layout."""

import argparse

import numpy as np

CONDUCTIVITY = 401.0
"""Copper, W/(m K)."""
RHO_C = 3.45e6
"""Copper, J/(m3 K)."""
FOURIER = 0.25
BATHS_K = (353.15, 293.15)
MISTAKES = ("stale-flux",)


def trace(**values: float) -> None:
    """Print the values that one line holds."""
    print("ARRAY:", *(f"{key}={value!r}" for key, value in values.items()))


def main() -> None:
    """Solve the heat equation and print every quantity on the way."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--cells", type=int, default=8)
    parser.add_argument("--steps", type=int, default=6)
    parser.add_argument("--length", type=float, default=0.1, help="metres")
    parser.add_argument("--radius", type=float, default=0.005, help="metres")
    parser.add_argument("--mistake", choices=MISTAKES, help="stale-flux: the flux lags one step behind")
    options = parser.parse_args()

    dx = options.length / options.cells
    area = float(np.pi) * options.radius**2
    diffusivity = CONDUCTIVITY / RHO_C
    dt = FOURIER * dx**2 / diffusivity
    capacity = RHO_C * area * options.length
    trace(conductivity=CONDUCTIVITY, rho_c=RHO_C)
    trace(length_m=options.length, radius_mm=options.radius * 1000, cells=options.cells)
    trace(dx_m=dx, area_m2=area, diffusivity_m2_s=diffusivity, dt_s=dt, heat_capacity_J_K=capacity)

    x = np.linspace(0.0, 1.0, options.cells)
    T = np.interp(x, (0.0, 1.0), BATHS_K) + 60 * np.sin(np.pi * x) + 25 * np.sin(2 * np.pi * x)
    flux = -CONDUCTIVITY * np.diff(T) / dx
    means = [float(T.mean())]
    for step in range(options.steps + 1):
        if step > 0:
            before = T.copy()
            T[1:-1] -= dt / (RHO_C * dx) * np.diff(flux)
            flux = -CONDUCTIVITY * np.diff(before if options.mistake == "stale-flux" else T) / dx
            means.append(float(T.mean()))
        for cell in range(options.cells - 1):
            trace(step=step, cell=cell, T_K=float(T[cell]), flux_W_m2=float(flux[cell]))
        trace(step=step, cell=options.cells - 1, T_K=float(T[-1]))
        trace(step=step, hot_end_W=area * float(flux[0]))
        trace(step=step, mean_K=means[-1], stored_J=capacity * means[-1])
        if step > 0:
            drop = means[-2] - means[-1]
            trace(step=step, drop_K=drop, power_W=capacity * drop / dt)


if __name__ == "__main__":
    main()
