"""Learning flow: episodes in, weights out."""
