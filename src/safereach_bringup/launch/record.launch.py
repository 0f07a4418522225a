"""An operator drives, marks and records demonstrations."""

from launch import LaunchDescription

from safereach_bringup.ros2_launch import describe_stack


def generate_launch_description() -> LaunchDescription:
    """The stack `record` as launch actions."""
    return describe_stack("record")
