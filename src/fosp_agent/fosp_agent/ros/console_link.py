"""The console's ears and hands in the ROS graph."""

from __future__ import annotations

import asyncio
from typing import Any

from fosp_msgs.srv import LabelEpisode, RollbackWeights
from rclpy.node import Node

from fosp_agent.console.board import Board
from fosp_agent.console.camera import CameraView
from fosp_agent.console.protocol import GiveLabel
from fosp_agent.console.robot import Answer
from fosp_agent.control.verbs import EPISODE_VERBS, ROBOT_VERBS, VERBS
from fosp_agent.ros import topics
from fosp_agent.ros.board_link import BoardLink
from fosp_agent.ros.camera_link import CameraLink
from fosp_agent.ros.session_messages import span_message
from fosp_agent.ros.verb_calls import call_of

PATIENCE = 5.0
"""How long a service may take to answer [s]."""
LOOK = 1.0
"""Between two looks at who serves what [s]."""
ROBOT_PATIENCE = 10.0
"""How long the robot's side may take: a recovery has several steps [s]."""


class ConsoleLink:
    """Feeds the board; serves as the console's `Robot`. Callbacks run on the spinning thread."""

    def __init__(self, node: Node, board: Board) -> None:
        """Listen to what is small; to the robot itself only while a page is open."""
        self._node, self._board = node, board
        self._ears = BoardLink(node, board)
        self._camera: CameraLink | None = None
        kinds = {verb.service: call_of(verb)[0] for verb in VERBS.values()}
        self._verbs = {name: node.create_client(kind, name) for name, kind in kinds.items()}
        """Service to its client: /hold serves two verbs."""
        node.create_timer(LOOK, self._look)
        self._label = node.create_client(LabelEpisode, topics.LABEL_EPISODE)
        self._rollback = node.create_client(RollbackWeights, topics.ROLLBACK_WEIGHTS)

    # -- as the console's robot -------------------------------------------------------------

    async def command(self, what: str) -> Answer:
        """Ask for one of `VERBS`."""
        verb = VERBS[what]
        patience = PATIENCE if what in EPISODE_VERBS else ROBOT_PATIENCE
        answer = await self._call(self._verbs[verb.service], call_of(verb)[1], patience)
        if answer.ok and verb.data is not None:
            self._board.held(verb.data)
        return answer

    async def label(self, label: GiveLabel, relabel: bool) -> Answer:
        """Call /label_episode."""
        spans = [span_message(span.span()) for span in label.spans if 0 <= span.first <= span.last]
        if len(spans) != len(label.spans):
            return Answer(False, "a span ends before it begins")
        request = LabelEpisode.Request(
            episode_id=label.episode_id,
            spans=spans,
            relabel=relabel,
            discard=label.discard,
            labeller=label.labeller,
            note=label.note,
        )
        return await self._call(self._label, request)

    async def roll_back(self, version: int) -> Answer:
        """Call /rollback_weights."""
        return await self._call(self._rollback, RollbackWeights.Request(version=version))

    def show_camera(self, view: CameraView) -> None:
        """Hand the camera's frames to the view while somebody watches."""
        self._camera = CameraLink(self._node, view)

    def attend(self, pages: int, watching: int) -> None:
        """Listen to the robot while any page is open, to its camera while one shows it."""
        executor = self._node.executor
        if executor is None:
            return
        executor.create_task(self._ears.hear_robot, pages > 0)
        if self._camera is not None:
            executor.create_task(self._camera.hear, watching > 0)

    def _look(self) -> None:
        ready = {name: client.service_is_ready() for name, client in self._verbs.items()}
        self._board.services({what: ready[verb.service] for what, verb in ROBOT_VERBS.items()})

    async def _call(self, client: Any, request: Any, patience: float = PATIENCE) -> Answer:
        """Call a service from the event loop."""
        name = client.srv_name
        if not client.service_is_ready():
            return Answer(False, f"nobody serves {name}: is its node running?")
        loop = asyncio.get_running_loop()
        done: asyncio.Future[Any] = loop.create_future()

        def pass_on(future: Any) -> None:
            def settle() -> None:
                if not done.done():
                    done.set_result(future.result())

            loop.call_soon_threadsafe(settle)

        future = client.call_async(request)
        future.add_done_callback(pass_on)
        try:
            response = await asyncio.wait_for(done, patience)
        except asyncio.TimeoutError:
            client.remove_pending_request(future)
            return Answer(False, f"{name} gave no answer within {patience:.0f} s")
        revision = int(getattr(response, "revision", 0))
        return Answer(bool(response.success), str(response.message), revision)
