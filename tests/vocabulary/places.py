ROD = """
format_version = 1
name = "rod"
description = "A rod that is heated at one end"
sides = { F90 = ["TRACE_F90:"], JAX = ["jax>", "TRACE_JAX:"] }
indices = ["step", "cell"]
final = "power_W"

[constants]
kappa = { value = 401.0, unit = "W/(m K)", alias = ["conductivity"] }
dt_s = { value = 0.5, unit = "s" }
rho_c = { value = 3.4e6, unit = "J/(m3 K)" }
axis = { value = [0, 0, 1] }

[quantities]
dx_m = { unit = "m" }
area_m2 = { unit = "m2", tolerance = { absolute = 1e-9 } }
dilution = { default = true, alias = ["dilution_factor"] }
u = { unit = "m", shape = 3 }
v = { unit = "m", shape = 3, section = "Geometry" }
solver = { kind = "text" }

[quantities.T_K]
unit = "K"
description = "Temperature of a cell"
formula = "previous(T_K) - dt_s / (rho_c * dx_m) * (previous(flux_W_m2) - previous(flux_W_m2[cell-1]))"
never_zero = true

[quantities.flux_W_m2]
unit = "W/m2"
formula = "-kappa * (T_K[cell+1] - T_K[cell]) / dx_m"
alias = { flux_W_cm2 = "W/cm2" }

[quantities.normal]
unit = "1"
shape = 3
formula = "cross(u, v) / norm(cross(u, v))"

[quantities.power_W]
unit = "W"
tolerance = 1e-9
inputs = ["flux_W_m2", "area_m2", "dilution"]

[chain]
power_W = ["flux_W_m2", "area_m2", "1/dilution"]
"""
