"""Where a place in the robot's frame appears in the camera's image."""
