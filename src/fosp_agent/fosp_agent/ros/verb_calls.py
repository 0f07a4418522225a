"""The service and the request behind what a person asks of a running stack."""

from __future__ import annotations

from typing import Any

from std_srvs.srv import SetBool, Trigger

from fosp_agent.control.verbs import Verb


def call_of(verb: Verb) -> tuple[Any, Any]:
    """The type of the verb's service, and the request that asks for it."""
    if verb.data is None:
        return Trigger, Trigger.Request()
    return SetBool, SetBool.Request(data=verb.data)
