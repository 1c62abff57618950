"""Values captured from a running program that prints none: probes, back ends, certificates, injected values."""
