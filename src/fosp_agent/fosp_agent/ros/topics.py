"""Names of the topics and services that more than one node uses. All relative."""

from __future__ import annotations

IMAGE = "camera/camera/color/image_raw"
CURRENT_POSE = "franka_robot_state_broadcaster/current_pose"
TARGET_POSE = "target_pose"
OBSERVATION = "observation"
ACTION = "action"
COMMAND_VERDICT = "command_verdict"
SESSION_STATE = "session_state"
EPISODE_EVENT = "episode_event"
WEIGHTS = "weights"
WEIGHTS_STATUS = "weights_status"
SIM_TRUTH = "sim/truth"
START_EPISODE = "start_episode"
STOP_EPISODE = "stop_episode"
ABORT = "abort"
LABEL_EPISODE = "label_episode"
