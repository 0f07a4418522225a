"""The simulated robot and its session alone; you call /start_episode."""

from launch import LaunchDescription

from safereach_bringup.ros2_launch import describe_stack


def generate_launch_description() -> LaunchDescription:
    """The stack `sim` as launch actions."""
    return describe_stack("sim")
