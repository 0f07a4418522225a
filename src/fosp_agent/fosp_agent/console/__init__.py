"""The operator's console: what a web page shows of a running stack, and what it may ask of it.

No ROS here: `fosp_agent.ros.console_node` feeds the `Board` and lends its hands as a `Robot`.
"""
