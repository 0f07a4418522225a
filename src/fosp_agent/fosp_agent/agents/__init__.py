"""Complete agents, each a module behind one protocol."""
