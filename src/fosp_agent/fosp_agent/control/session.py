"""The conductor: which episode runs, what comes next, and what the session waits for.

A pure state machine: each event is a method that returns the effects it asks for.

    IDLE --start--> RUNNING --last observation or stop--> AWAITING_LABEL --labelled--> TRAINING
    TRAINING --learned, and the policy acts with the new weights--> IDLE
    AWAITING_LABEL --discarded, or labelled with learn=false--> IDLE
    TRAINING --discarded, or given up by the trainer--> IDLE
    RUNNING --abort--> ABORTED --recorded--> AWAITING_LABEL
    RUNNING --last observation or stop, and nobody records--> IDLE
    ABORTED --start, and nobody records--> RUNNING

An abort ends the episode at once (the gate vetoes from then on); what was recorded of it awaits
its label as usual, and may be discarded by that label. An abort during TRAINING gives up waiting
for the trainer: back to IDLE with the weights that act.
"""

from __future__ import annotations

from dataclasses import replace

from fosp_agent.control.readiness import Readiness, Requirements
from fosp_agent.control.session_plan import SessionPlan, episode_name
from fosp_agent.control.session_state import NOTHING, Effects, Phase, Snapshot, WeightsView
from fosp_agent.control.verbs import EPISODE_VERBS


class Session:
    """The session's state. ``snapshot`` is what others see."""

    def __init__(self, plan: SessionPlan, first_index: int = 0) -> None:
        """Start idle; ``first_index`` counts episodes of an earlier session of the same run."""
        self.plan = plan
        self.snapshot = Snapshot(task=plan.task, max_steps=plan.max_steps, learn=plan.learn)
        self.weights = WeightsView()
        self.readiness = Readiness()
        """What the arm, the reset and the person said; tell `prepared` of news."""
        self._aborted_by = ""
        self.costs: dict[str, float] = {}
        """Labelled cost of each episode that counts against the budget."""
        self._next_index = first_index
        self._last_step = -1
        self._learned = False
        self._refresh_words()

    @property
    def spent_cost(self) -> float:
        """Labelled costs of the episodes that count against the budget."""
        return float(sum(self.costs.values()))

    # -- requests ---------------------------------------------------------------------------

    def start(self, unique: str) -> Effects:
        """Begin the next episode; ``unique`` makes its id different from all others."""
        refusal = self._why_not_start()
        if refusal:
            return Effects(refusal=refusal)
        plan, index = self.plan, self._next_index
        self.readiness.episode_began()
        self._aborted_by = ""
        seed = plan.seed_of(index)
        self._next_index += 1
        self._last_step = -1
        self._learned = False
        self.snapshot = Snapshot(
            Phase.RUNNING,
            episode_name(plan.task, seed, unique),
            index,
            seed,
            plan.task,
            plan.max_steps,
            plan.learn,
        )
        self._refresh_words()
        return Effects(changed=True, started=True)

    def stop(self) -> Effects:
        """End the running episode here; it counts like any other."""
        if self.snapshot.phase is not Phase.RUNNING:
            return Effects(refusal=f"no episode is running ({self._state_in_words()})")
        return self._end()

    def abort(self) -> Effects:
        """End the running episode at once, or give up waiting for the trainer."""
        phase, episode = self.snapshot.phase, self.snapshot.episode_id
        if phase is Phase.RUNNING:
            return self._enter(Phase.ABORTED)
        if phase is Phase.TRAINING:
            warning = f"no longer waiting for the training on {episode}; it stays stored"
            return replace(self._enter(Phase.IDLE), warning=warning)
        if phase in (Phase.AWAITING_LABEL, Phase.ABORTED):
            how = "call /label_episode, with discard: true to drop it"
            return Effects(refusal=f"episode {episode} is over already: {how}")
        return Effects(refusal="nothing to abort: no episode is running")

    # -- what others report -----------------------------------------------------------------

    def observed(self, episode_id: str, step: int, is_last: bool) -> Effects:
        """An observation went by."""
        running = self.snapshot.phase is Phase.RUNNING
        if not running or episode_id != self.snapshot.episode_id:
            return NOTHING
        first = self._last_step < 0
        self._last_step = max(self._last_step, step)
        if is_last or step >= self.snapshot.max_steps:
            return self._end()
        return self._reworded() if first else NOTHING

    def recorded(self, episode_id: str) -> Effects:
        """The episode's file is complete."""
        if episode_id != self.snapshot.episode_id:
            return NOTHING
        if self.snapshot.phase is Phase.ABORTED:
            return self._enter(Phase.AWAITING_LABEL)
        return NOTHING

    def labelled(self, episode_id: str, cost: float) -> Effects:
        """Rewards and costs of an episode are known."""
        if not self._awaits(episode_id):
            return self._corrected(episode_id, cost)
        if self.snapshot.learn:
            self.costs[episode_id] = cost
            return self._enter(Phase.TRAINING)
        return self._enter(Phase.IDLE)

    def discarded(self, episode_id: str) -> Effects:
        """An episode will never be learned from, or the trainer gave it up."""
        snapshot = self.snapshot
        given_up = snapshot.phase is Phase.TRAINING and snapshot.episode_id == episode_id
        if given_up or self._awaits(episode_id):
            return self._enter(Phase.IDLE)
        return self._corrected(episode_id, 0.0)

    def learned(self, episode_id: str) -> Effects:
        """The trainer took its gradient steps on an episode."""
        if episode_id != self.snapshot.episode_id or self._learned:
            return NOTHING
        self._learned = True
        return self._after_news()

    def announced(self, version: int, sha256: str, episode_id: str) -> Effects:
        """The trainer announced weights."""
        self.weights = replace(
            self.weights,
            announced_version=version,
            announced_sha256=sha256,
            announced_after=episode_id,
            message="" if sha256 != self.weights.announced_sha256 else self.weights.message,
        )
        return self._after_news()

    def policy_status(self, version: int, sha256: str, loaded: bool, message: str) -> Effects:
        """The policy said which weights act."""
        self.weights = replace(
            self.weights,
            acting_version=version,
            acting_sha256=sha256,
            loaded=loaded,
            message=message,
        )
        return self._after_news()

    def prepared(self) -> Effects:
        """There is news of the readiness. An arm that stops following ends the episode at once."""
        problem = self.readiness.arm_problem
        if problem and self.snapshot.phase is Phase.RUNNING:
            self._aborted_by = problem
            warning = f"{self.snapshot.episode_id} is aborted: {problem}"
            return replace(self._enter(Phase.ABORTED), warning=warning)
        return self._reworded()

    def planned(self, plan: SessionPlan) -> Effects:
        """Another plan for the episodes to come."""
        self.plan = plan
        return self._reworded()

    # -- inside -----------------------------------------------------------------------------

    def _corrected(self, episode_id: str, cost: float) -> Effects:
        """An episode that is long over got another label."""
        if self.costs.get(episode_id, cost) == cost:
            return NOTHING
        self.costs[episode_id] = cost
        return self._reworded()

    def _awaits(self, episode_id: str) -> bool:
        waiting = self.snapshot.phase in (Phase.AWAITING_LABEL, Phase.ABORTED)
        return waiting and episode_id == self.snapshot.episode_id

    def _after_news(self) -> Effects:
        """Training ends when the weights made after this episode act (or were refused)."""
        weights = self.weights
        done = self._learned and weights.announced_after == self.snapshot.episode_id
        if self.snapshot.phase is not Phase.TRAINING or not done:
            return self._reworded()
        if weights.acting_is_announced:
            return self._enter(Phase.IDLE)
        if weights.refused:
            warning = f"the policy refused weights {weights.announced_version}: {weights.message}"
            return replace(self._enter(Phase.IDLE), warning=warning)
        return self._reworded()

    def _end(self) -> Effects:
        return self._enter(Phase.AWAITING_LABEL if self.plan.record else Phase.IDLE)

    def _enter(self, phase: Phase) -> Effects:
        self.snapshot = replace(self.snapshot, phase=phase)
        self._refresh_words()
        return Effects(changed=True)

    def _reworded(self) -> Effects:
        before = self.snapshot
        self._refresh_words()
        return Effects(changed=self.snapshot != before)

    def _refresh_words(self) -> None:
        self.snapshot = replace(
            self.snapshot,
            waiting_for=self._waiting_for(),
            cost_spent=self.spent_cost,
            cost_budget=self.plan.cost_budget,
        )

    def _waiting_for(self) -> str:
        snapshot = self.snapshot
        if snapshot.phase is Phase.RUNNING:
            return "the first observation" if self._last_step < 0 else "the end of the episode"
        if snapshot.phase is Phase.ABORTED:
            reason = f" (aborted: {self._aborted_by})" if self._aborted_by else ""
            file = f"the file of {snapshot.episode_id}"
            return f"{file if self.plan.record else self._next()}{reason}"
        if snapshot.phase is Phase.AWAITING_LABEL:
            return f"the label of {snapshot.episode_id}: /label_episode"
        if snapshot.phase is Phase.TRAINING:
            return self._training_in_words()
        return self._next()

    def _next(self) -> str:
        return self._why_not_start() or EPISODE_VERBS["start"].call

    def _training_in_words(self) -> str:
        weights, episode = self.weights, self.snapshot.episode_id
        if not self._learned:
            return f"the trainer to learn from {episode}"
        if weights.announced_after != episode:
            return f"the weights made after {episode}"
        return f"the policy to load weights {weights.announced_version}"

    def _state_in_words(self) -> str:
        return f"{self.snapshot.phase.words}, waiting for {self.snapshot.waiting_for}"

    def _why_not_start(self) -> str:
        """Why an episode may not start now, and the remedy; empty when it may."""
        snapshot, weights, budget = self.snapshot, self.weights, self.plan.cost_budget
        over = snapshot.phase is Phase.ABORTED and not self.plan.record
        if snapshot.phase in (Phase.RUNNING, Phase.ABORTED) and not over:
            return f"episode {snapshot.episode_id} is not over: call /stop_episode or /abort"
        if snapshot.phase is Phase.AWAITING_LABEL:
            return f"episode {snapshot.episode_id} awaits its label: call /label_episode"
        if snapshot.phase is Phase.TRAINING:
            return f"still waiting for {self._training_in_words()}: /abort gives up waiting"
        if self.plan.require_policy and not weights.loaded and not weights.acting_sha256:
            return weights.message or "weights not loaded yet: is policy_node running?"
        if self.plan.require_policy and not (weights.acting_is_announced or weights.refused):
            return f"weights {weights.announced_version} announced but not loaded yet"
        plan = self.plan
        required = Requirements(plan.require_reset, plan.require_scene, plan.require_preflight)
        if unready := self.readiness.problem(required, snapshot.episode_id):
            return unready
        if 0 < budget <= self.spent_cost:
            spent = f"the cost budget of {budget:g} is spent ({self.spent_cost:g})"
            return f"{spent}: raise the parameter cost_budget"
        return ""
