"""FOSP: learn a safe policy offline from images, then fine-tune it on the robot in a few trials."""
