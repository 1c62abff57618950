"""What each logged quantity is computed from, and how far digits and precision carry."""
