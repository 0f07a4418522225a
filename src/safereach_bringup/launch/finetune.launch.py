"""Episodes one after another, each labelled and learned from; ends by itself."""

from launch import LaunchDescription

from safereach_bringup.ros2_launch import describe_stack


def generate_launch_description() -> LaunchDescription:
    """The stack `finetune` as launch actions."""
    return describe_stack("finetune")
