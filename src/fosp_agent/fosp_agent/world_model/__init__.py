"""The world model of paper eq. 1: encoder, recurrent state-space model, decoders and heads."""
