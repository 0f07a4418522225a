#!/usr/bin/env bash
# Builds franka_ros2 and CRISP's controllers from source as a ROS overlay under /opt/overlay.
# The branches or tags to build come from the environment; write down what you verified. For Jazzy,
# franka_ros2 has the branch jazzy (its main branch is for Humble) and tags from v3.0 on; CRISP
# serves every distribution from its branch main.
set -euo pipefail
: "${FRANKA_ROS2_REF:?give the branch or tag of franka_ros2}"
: "${CRISP_REF:?give the branch or tag of crisp_controllers}"
export DEBIAN_FRONTEND=noninteractive
mkdir -p /opt/overlay/src
cd /opt/overlay
git clone --depth 1 --branch "$FRANKA_ROS2_REF" \
    https://github.com/frankarobotics/franka_ros2.git src/franka_ros2
git clone --depth 1 --branch "$CRISP_REF" \
    https://github.com/utiasDSL/crisp_controllers.git src/crisp_controllers
vcs import src <src/franka_ros2/dependency.repos --recursive --skip-existing
# shellcheck disable=SC1091
set +u && source /opt/ros/jazzy/setup.bash && set -u
apt-get update -qq
rosdep update --rosdistro jazzy
rosdep install --from-paths src --ignore-src --rosdistro jazzy -y --skip-keys=zed_wrapper
colcon build --merge-install --cmake-args -DCMAKE_BUILD_TYPE=Release -DBUILD_TESTING=OFF
rm -rf build log src /var/lib/apt/lists/*
