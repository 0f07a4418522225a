# The nodes beside the robot: docker build -f docker/robot.Dockerfile -t safereach-robot \
#   --build-arg FRANKA_ROS2_REF=... --build-arg CRISP_REF=... .
FROM ros:jazzy-ros-base AS overlay
SHELL ["/bin/bash", "-o", "pipefail", "-c"]
ARG FRANKA_ROS2_REF
ARG CRISP_REF
COPY docker/steps/robot_overlay.sh /steps/robot_overlay.sh
RUN /steps/robot_overlay.sh

FROM overlay AS robot
SHELL ["/bin/bash", "-o", "pipefail", "-c"]
RUN apt-get update && apt-get install -y --no-install-recommends \
        make python3-dev python3-venv libusb-1.0-0 libhidapi-libusb0 \
        ros-jazzy-rmw-cyclonedds-cpp \
    && rm -rf /var/lib/apt/lists/*
COPY docker/limits-realtime.conf /etc/security/limits.d/realtime.conf
COPY docker/dds /etc/safereach/dds
WORKDIR /safereach
COPY . .
RUN source /opt/overlay/install/setup.bash && docker/steps/robot.sh \
    && groupadd --system realtime \
    && useradd --create-home --groups realtime,plugdev,video safereach \
    && chown -R safereach /safereach
USER safereach
ENV ROS_AUTOMATIC_DISCOVERY_RANGE=SUBNET
ENTRYPOINT ["/bin/bash", "-c", "source /opt/overlay/install/setup.bash && exec ./safereach \"$@\"", "safereach"]
CMD ["doctor"]
