"""Hardware behind a protocol each: no ROS, and no library imported before it is used."""
