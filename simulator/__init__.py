"""A vectorised, differentiable model of nanoBragg in torch; it knows nothing of nbtrace."""
