"""The only room that speaks ROS: conversions, parameters, and one thin node a file."""
