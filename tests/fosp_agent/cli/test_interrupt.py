"""Long commands end at an interrupt, wherever they were started."""

from __future__ import annotations

import dataclasses
import signal
import subprocess
import sys
from pathlib import Path

from fakes.patience import wait_for
from fosp_agent.episodes.store import EpisodeStore

SMALL = ("training.batch_size=2", "training.batch_length=5", "training.horizon=2")
DEAF = ("sh", "-c", 'trap "" INT; exec "$@"', "sh")
"""Starts a command as a shell without job control starts ``command &``: SIGINT ignored."""


def test_an_interrupt_is_heard_in_the_background_of_a_script(tmp_path: Path, make_episode):
    store = EpisodeStore(tmp_path / "dataset")
    for number in range(6):
        episode = make_episode(f"original-{number}-0001", length=10)
        store.write(dataclasses.replace(episode, metadata={"seed": str(number)}))
    command = [*DEAF, sys.executable, "-m", "fosp_agent.cli.main", "pretrain", "--preset", "tiny"]
    command += ["--dataset", str(store.path), "--out", str(tmp_path / "run"), "--threads", "1"]
    command += [word for setting in SMALL for word in ("--set", setting)]
    metrics = tmp_path / "run" / "metrics.jsonl"
    with (tmp_path / "log").open("w") as log:
        process = subprocess.Popen([*command, "--steps", "100000"], stdout=log, stderr=log)
        try:
            wait_for(lambda: metrics.exists() and '"loss/' in metrics.read_text(), 120, "it trains")
            process.send_signal(signal.SIGINT)
            assert process.wait(60) == 130
        finally:
            process.kill()
            process.wait()
    assert "go on with --resume" in (tmp_path / "log").read_text()
