"""What a bystander sees of the running stack: marks in space, pictures, words, health. No ROS."""
