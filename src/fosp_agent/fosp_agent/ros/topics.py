"""Names of the topics and services that more than one node uses. All relative."""

from __future__ import annotations

from fosp_agent.control import verbs

IMAGE = "camera/camera/color/image_raw"
CURRENT_POSE = "franka_robot_state_broadcaster/current_pose"
EXTERNAL_WRENCH = "franka_robot_state_broadcaster/external_wrench_in_base_frame"
"""geometry_msgs/WrenchStamped: what presses on the end effector, as franka_ros2 names it."""
TARGET_POSE = "target_pose"
OBSERVATION = "observation"
ACTION = "action"
COMMAND_VERDICT = "command_verdict"
SESSION_STATE = "session_state"
EPISODE_EVENT = "episode_event"
WEIGHTS = "weights"
WEIGHTS_STATUS = "weights_status"
FETCH_WEIGHTS = "fetch_weights"
SIM_TRUTH = "sim/truth"
START_EPISODE = verbs.EPISODE_VERBS["start"].service
STOP_EPISODE = verbs.EPISODE_VERBS["stop"].service
ABORT = verbs.EPISODE_VERBS["abort"].service
LABEL_EPISODE = "label_episode"
TRAINING_PROGRESS = "training_progress"
ROLLBACK_WEIGHTS = "rollback_weights"
HOLD = verbs.ROBOT_VERBS["hold"].service
"""std_srvs/SetBool of the command gate: true vetoes every motion until false lets go."""
HEARTBEAT = "heartbeat"
ENABLE = "teleop/enable"
"""std_msgs/Bool: the operator's button of taking over, repeated at 5 Hz or more; true while held.
An operator who stops repeating it in mid-hold halts the robot."""
DEAD_MAN = "dead_man"
"""std_msgs/Bool: the hold-to-run button, repeated likewise, where the gate requires it."""
SPACENAV_TWIST = "spacenav/twist"
SPACENAV_JOY = "spacenav/joy"
SCENE_READY = verbs.ROBOT_VERBS["ready"].service
RESET = verbs.ROBOT_VERBS["reset"].service
RESET_STATUS = "reset_status"
DIAGNOSTICS = "/diagnostics"
DIAGNOSTICS_SUMMARY = "/diagnostics_agg"
"""Everyone's diagnostics as one tree, where diagnostic_aggregator's readers look for it."""
DIAGNOSTICS_STATE = "/diagnostics_toplevel_state"
MONITOR_MARKERS = "monitor/markers"
MONITOR_OVERLAY = "monitor/overlay"
MONITOR_RECONSTRUCTION = "monitor/reconstruction"
ARM_STATUS = "arm_status"
JOINT_STATES = "joint_states"
RECOVER = verbs.ROBOT_VERBS["recover"].service
"""std_srvs/Trigger of the arm's node: clear errors and contacts; nothing else ever does."""
