"""Build of the safereach_bringup package."""

from glob import glob

from setuptools import find_namespace_packages, setup

NAME = "safereach_bringup"

setup(
    name=NAME,
    version="0.1.0",
    packages=find_namespace_packages(include=[NAME, f"{NAME}.*"]),
    data_files=[
        ("share/ament_index/resource_index/packages", [f"resource/{NAME}"]),
        (f"share/{NAME}", ["package.xml"]),
        (f"share/{NAME}/launch", sorted(glob("launch/*.launch.py"))),
        (f"share/{NAME}/config", sorted(glob("config/*.*"))),
        (f"share/{NAME}/config/external", sorted(glob("config/external/*.yaml"))),
    ],
    install_requires=["setuptools"],
    zip_safe=False,
    maintainer="SafeReach developers",
    maintainer_email="maintainers@safereach.dev",
    description="The stacks of SafeReach: one list of nodes, two ways to start it.",
    license="Apache-2.0",
    python_requires=">=3.10",
    entry_points={
        "console_scripts": [],
        "fosp_agent.commands": [f"launch = {NAME}.cli:launch"],
    },
)
