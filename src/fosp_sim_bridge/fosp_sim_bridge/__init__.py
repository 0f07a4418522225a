"""Simulated robots behind the same topics as the real one, and who demonstrates on them."""
