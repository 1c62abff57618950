"""One page of a bundle: HTML that needs nothing but itself."""
