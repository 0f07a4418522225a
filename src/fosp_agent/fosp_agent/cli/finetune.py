"""``./safereach finetune``: trials in a simulated robot, each learned from, in this process."""

from __future__ import annotations

import sys
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from fosp_agent.cli.given import given
from fosp_agent.cli.shipped import SHIPPED_WEIGHTS, present

if TYPE_CHECKING:
    from fosp_agent.control.policy_runner import Mode
    from fosp_agent.training.finetune import Finetuner
    from fosp_agent.training.trials import TrialsSummary
    from fosp_agent.types import Environment


def finetune(
    context: typer.Context,
    out: Annotated[Path, typer.Option(help="Folder of this run; an earlier one goes on.")],
    weights: Annotated[
        Path, typer.Option(help="Weights to start from (safetensors).")
    ] = SHIPPED_WEIGHTS,
    environment: Annotated[str, typer.Option(help="Simulated robot.")] = "safereach",
    task: Annotated[str, typer.Option(help="Task of that robot.")] = "three_obstacles",
    trials: Annotated[int, typer.Option(min=0, help="Episodes the run has in the end.")] = 10,
    updates: Annotated[int, typer.Option(min=0, help="Gradient steps after each.")] = 10,
    dataset: Annotated[
        Path | None, typer.Option(help="Episodes to mix in while learning (default: none).")
    ] = None,
    tests: Annotated[int, typer.Option(min=0, help="Tests before and after; 0: none.")] = 0,
    test_seed: Annotated[int, typer.Option(help="Seed of the first test.")] = 1000,
    mode: Annotated[str, typer.Option(help="sample or greedy.")] = "sample",
    seed: Annotated[int, typer.Option(min=0, help="Seed of the learning.")] = 1,
    seed_base: Annotated[int, typer.Option(min=0, help="Seed of the first trial's scene.")] = 1,
    agent: Annotated[
        str, typer.Option(help="Agent that the weights must be of; empty: whichever they are.")
    ] = "",
    setting: Annotated[
        list[str] | None,
        typer.Option("--set", help="Setting that this training changes; repeatable."),
    ] = None,
    threads: Annotated[int, typer.Option(min=1, help="CPU threads of the networks.")] = 1,
) -> None:
    """Act, record, label by the simulator's truth, learn, act anew; without ROS."""
    import torch

    from fosp_agent.control.policy_runner import PolicyRunner, as_mode
    from fosp_agent.environments import make_environment
    from fosp_agent.overrides import parse_overrides
    from fosp_agent.training.allocator import keep_freed_memory
    from fosp_agent.training.finetune import Finetuner
    from fosp_agent.training.online import SUMMARY, run_trials
    from fosp_agent.training.trials import TrialsSummary, table

    weights = present(weights)
    keep_freed_memory()
    torch.set_num_threads(threads)
    tested = _Tests(environment, task, tests, test_seed, as_mode(mode))
    summary = TrialsSummary.open(out / SUMMARY, environment, task, str(weights))
    begin = _Beginning(weights, dataset, updates, seed, parse_overrides(setting or ()))
    asked = given(context, "weights", "dataset", "updates", "seed")
    world = make_environment(environment, task)
    try:
        goes_on = Finetuner.exists(out)
        finetuner = _opened(out, agent, begin, asked, world)
        if goes_on:
            print(f"{out} goes on after {len(summary.episodes)} trials", flush=True)
        for text in finetuner.warnings:
            print(f"WARNING {text}", file=sys.stderr, flush=True)
        tested.before(finetuner, summary, out / SUMMARY)
        records = run_trials(
            world,
            finetuner,
            lambda path: PolicyRunner.from_file(path, mode=mode),
            summary,
            out,
            trials=trials,
            first_seed=seed_base,
        )
        for number, result in enumerate(records, 1):
            print(result.line(number, trials), flush=True)
        tested.after(finetuner, summary, out / SUMMARY)
    except KeyboardInterrupt:
        print(f"\ninterrupted after {len(summary.episodes)} trials; the same command goes on")
        raise typer.Exit(130) from None
    finally:
        world.close()
    _conclude(summary, world.action_repeat)
    if tests:
        print(table(summary.before, summary.after))
    print(f"weights: {finetuner.announce().path}")


@dataclass(frozen=True)
class _Beginning:
    """What a new run begins with."""

    weights: Path
    dataset: Path | None
    updates: int
    seed: int
    changes: Mapping[str, Any]
    """Settings that this training changes."""


def _opened(
    out: Path, agent: str, begin: _Beginning, asked: Mapping[str, Any], world: Environment
) -> Finetuner:
    """A run that is there goes on, if it was begun with what is asked for; or a new one begins."""
    from fosp_agent.overrides import changed
    from fosp_agent.training.finetune import Finetuner
    from fosp_agent.training.fit import require_environment
    from fosp_agent.training.weights import load_weights

    if Finetuner.exists(out):
        finetuner = Finetuner.resume(out, agent_name=agent)
        finetuner.require_begun_with(asked, begin.changes)
        return finetuner
    require_environment(changed(load_weights(begin.weights).config, begin.changes), world)
    return Finetuner.start(
        out,
        begin.weights,
        begin.dataset,
        begin.updates,
        begin.seed,
        agent_name=agent,
        overrides=begin.changes,
    )


@dataclass(frozen=True)
class _Tests:
    """The seeded tests before and after the trials."""

    environment: str
    task: str
    count: int
    """0: none."""
    first_seed: int
    mode: Mode

    def before(self, finetuner: Finetuner, summary: TrialsSummary, path: Path) -> None:
        """Test what the run begins with, under the acting settings of what will come of it."""
        from fosp_agent.training.sameness import acting_changes
        from fosp_agent.training.weights import load_weights

        if self.count and summary.before is None:
            start = finetuner.begun_from
            acting = acting_changes(load_weights(start).config, finetuner.config)
            summary.before = self._report(start, acting)
            summary.save(path)

    def after(self, finetuner: Finetuner, summary: TrialsSummary, path: Path) -> None:
        """Test the weights that stand now, unless these were tested."""
        now = finetuner.announce()
        if self.count and summary.after_version != now.version:
            summary.after = self._report(now.path)
            summary.after_version = now.version
            summary.save(path)

    def _report(self, weights: Path, acting: Mapping[str, Any] | None = None) -> dict[str, Any]:
        import torch

        from fosp_agent.training.evaluate import report, run_tests

        print(f"testing {weights}: {self.count} seeded tests", flush=True)
        with torch.random.fork_rng(devices=[]):  # testing leaves the learner's randomness alone
            found = run_tests(
                weights,
                self.environment,
                self.task,
                tests=self.count,
                seed=self.first_seed,
                mode=self.mode,
                overrides=acting,
            )
            return report(list(found))


def _conclude(summary: TrialsSummary, action_repeat: int) -> None:
    """What the trials themselves came to."""
    count = len(summary.episodes)
    if count:
        mean_return = sum(r.episode_return for r in summary.episodes) / count
        mean_cost = sum(r.episode_cost for r in summary.episodes) / count
        print(
            f"{count} trials: mean return {mean_return:.2f}, mean cost {mean_cost:.2f}, "
            f"cost regret {summary.regret(action_repeat):.4f} a step"
        )
