"""A scripted person who demonstrates SafeReach with a SpaceMouse."""
