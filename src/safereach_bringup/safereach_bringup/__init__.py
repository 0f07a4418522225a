"""The stacks: which nodes run together, with which parameters, and two ways to start them."""
