"""Build of the fosp_agent package."""

from setuptools import find_namespace_packages, setup

NAME = "fosp_agent"
NODES = (
    "camera_node",
    "observation_node",
    "policy_node",
    "command_gate_node",
    "session_node",
    "recorder_node",
    "spacemouse_node",
    "teleop_node",
    "label_node",
    "trainer_node",
    "trials_node",
    "franka_node",
    "franka_ros2_node",
    "reset_node",
    "console_node",
    "monitor_node",
)

setup(
    name=NAME,
    version="0.1.0",
    packages=find_namespace_packages(include=[NAME, f"{NAME}.*"]),
    package_data={
        "": ["*.yaml", "*.msg", "*.txt", "*.json", "*.html", "*.css", "*.js", "*.svg", "*.xml"]
    },
    data_files=[
        ("share/ament_index/resource_index/packages", [f"resource/{NAME}"]),
        (f"share/{NAME}", ["package.xml"]),
    ],
    install_requires=["setuptools"],
    zip_safe=False,
    maintainer="SafeReach developers",
    maintainer_email="maintainers@safereach.dev",
    description="FOSP: a safe policy learnt offline from images and fine-tuned on the robot.",
    license="Apache-2.0",
    python_requires=">=3.10",
    entry_points={"console_scripts": [f"{node} = {NAME}.ros.start:main" for node in NODES]},
)
