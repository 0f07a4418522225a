"""SafeReach: a Franka arm reaches a red target between green obstacles (paper D.1)."""
