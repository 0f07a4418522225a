"""Build of the fosp_sim_bridge package."""

from setuptools import find_namespace_packages, setup

NAME = "fosp_sim_bridge"
NODES = ("sim_bridge_node", "oracle_label_node")

setup(
    name=NAME,
    version="0.1.0",
    packages=find_namespace_packages(include=[NAME, f"{NAME}.*"]),
    package_data={"": ["*.yaml", "*.xml", "*.png", "*.obj", "*.stl", "*.txt", "*.json"]},
    data_files=[
        ("share/ament_index/resource_index/packages", [f"resource/{NAME}"]),
        (f"share/{NAME}", ["package.xml"]),
    ],
    install_requires=["setuptools"],
    zip_safe=False,
    maintainer="SafeReach developers",
    maintainer_email="maintainers@safereach.dev",
    description="SafeReach and Safety-Gymnasium behind the topics of the real robot.",
    license="Apache-2.0",
    python_requires=">=3.10",
    entry_points={
        "console_scripts": [f"{node} = {NAME}.start:main" for node in NODES],
        "fosp_agent.environments": [
            f"safereach = {NAME}.safereach.env:make",
            f"safety_gymnasium = {NAME}.safety_gymnasium.adapter:make",
        ],
        "fosp_agent.commands": [
            f"collect = {NAME}.safety_gymnasium.cli:collect",
            f"demonstrate = {NAME}.cli:demonstrate",
            f"picture = {NAME}.cli:picture",
        ],
    },
)
