"""Layers, distributions and optimisers: everything that knows nothing of worlds or policies."""
