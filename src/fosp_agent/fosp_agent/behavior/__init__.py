"""What is learned inside the world model: critics, reachability, multipliers and policies."""
