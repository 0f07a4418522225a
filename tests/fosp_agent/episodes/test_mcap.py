"""Episode files: exact, readable by others, and safe against crashes."""

from __future__ import annotations

import re
import resource
import shutil
import signal
import subprocess
import sys
from collections.abc import Callable, Iterator
from pathlib import Path

import numpy as np
import pytest
from mcap.reader import make_reader
from mcap_ros2.decoder import DecoderFactory
from rosbags.highlevel import AnyReader

from fosp_agent.episodes import schema
from fosp_agent.episodes import writer as writer_module
from fosp_agent.episodes.errors import EpisodeError
from fosp_agent.episodes.reader import read_recording
from fosp_agent.episodes.records import ActionRecord, ObservationRecord, VerdictRecord
from fosp_agent.episodes.repair import repair
from fosp_agent.episodes.store import EpisodeStore
from fosp_agent.episodes.writer import EpisodeWriter
from fosp_agent.types import Candidate, Episode

EpisodeFactory = Callable[..., Episode]


def observation(step: int, id_: str = "live", stamp_ns: int | None = None) -> ObservationRecord:
    image = np.random.default_rng(step).integers(0, 256, (64, 64, 3), dtype=np.uint8)
    stamp = step * 100_000_000 if stamp_ns is None else stamp_ns
    return ObservationRecord(stamp, id_, step, step == 0, False, image, np.full(6, float(step)))


def verdict(step: int, value: float, *, accepted: bool = True, reason: int = 0) -> VerdictRecord:
    action = np.full(6, value)
    return VerdictRecord(step, "live", step, "policy", accepted, action, action, reason=reason)


def write_live(writer: EpisodeWriter, steps: int) -> None:
    for step in range(steps):
        writer.observation(step, observation(step))
        writer.verdict(step, verdict(step, step / 100))


@pytest.mark.parametrize(("channels", "pose_size"), [(3, 6), (6, 0)])
def test_written_episode_reads_back_bit_equal(
    store: EpisodeStore, random_episode: EpisodeFactory, channels: int, pose_size: int
) -> None:
    episode = random_episode(channels=channels, pose_size=pose_size)
    store.write(episode)
    read = EpisodeStore(store.path).load(episode.id)
    for name in ("image", "pose", "action", "reward", "cost", "is_terminal"):
        expected, found = getattr(episode, name), getattr(read, name)
        assert expected.dtype == found.dtype
        np.testing.assert_array_equal(expected, found, err_msg=name)
    assert (read.task, read.labelled, read.metadata["seed"]) == ("original", True, "7")


def test_action_record_round_trips_with_its_candidates(store: EpisodeStore) -> None:
    writer = store.writer("live", {}, [1.0] * 2)
    candidates = (
        Candidate("offline", np.array([0.5, -0.5], np.float32), 1.5, 0.25, 0.75),
        Candidate("new", np.array([0.1, 0.2], np.float32), 2.5, 0.5, 0.25, 0.125, 0.875),
    )
    sent = ActionRecord(
        7, "live", 0, "policy", np.array([0.1, 0.2]), np.array([0.3, 0.4]), "base", 1,
        candidates, 0.5, 3, "ab" * 32, 2, "new: feasibility 0.10 under 0.30", 1,
    )  # fmt: skip
    writer.action(9, sent)
    ((stamp, got),) = read_recording(writer.close()).actions
    assert stamp == 9
    assert [vars(c).keys() for c in got.candidates] == [vars(c).keys() for c in candidates]
    assert str(got) == str(sent)


def test_an_action_of_an_earlier_version_is_read_by_the_files_own_definition(
    store: EpisodeStore, monkeypatch: pytest.MonkeyPatch
) -> None:
    today = schema.schema_text(schema.ACTION)
    before = "\n".join(
        line
        for line in today.splitlines()
        if not re.search(r"SHIELD|shield|dropped|float32 violation|float32 feasibility$", line)
        or "Feasibility u" in line
    )
    before = before.replace("uint32 weights_version", "float32 feasibility\nuint32 weights_version")
    types = schema.typestore_of(before).types
    assert not hasattr(types[schema.ACTION], "shield")

    def as_before(record: ActionRecord) -> bytes:
        candidate = types[schema.CANDIDATE]("new", np.array([0.5]), 1.5, 2.5, 0.5)
        stamp = types[schema.HEADER](types[schema.TIME](0, 7), "base")
        asked = np.array([0.5])
        message = types[schema.ACTION](
            stamp, record.episode_id, 3, "policy", asked, asked, 0, [candidate], 0.25, 9, "ab"
        )
        return bytes(schema.typestore_of(before).serialize_cdr(message, schema.ACTION))

    text = schema.schema_text
    monkeypatch.setattr(
        schema, "schema_text", lambda name: before if name == schema.ACTION else text(name)
    )
    monkeypatch.setattr(writer_module, "encode_action", as_before)
    writer = store.writer("live", {}, [1.0])
    writer.action(9, ActionRecord(7, "live", 3, "policy", np.zeros(1), np.zeros(1)))
    recording = read_recording(writer.close())
    assert recording.damage == ""
    ((_, got),) = recording.actions
    assert (got.step, got.feasibility, got.weights_sha256) == (3, 0.25, "ab")
    assert (got.shield, got.shield_reason, got.dropped) == (0, "", 0)
    assert got.candidates[0].q_c == 2.5
    assert np.isnan(got.candidates[0].violation)


def test_file_is_read_by_rosbags_and_mcap_ros2(
    store: EpisodeStore, random_episode: EpisodeFactory
) -> None:
    episode = random_episode()
    path = store.write(episode)
    images = []
    with AnyReader([path]) as reader:
        counts = {connection.topic: connection.msgcount for connection in reader.connections}
        for connection, _, raw in reader.messages():
            if connection.topic == "/observation":
                message = reader.deserialize(raw, connection.msgtype)
                images.append(message.image.data.reshape(64, 64, 3))  # type: ignore[attr-defined]
    assert counts == {"/observation": 21, "/action": 20, "/command_verdict": 20}
    np.testing.assert_array_equal(np.stack(images), episode.image)
    with path.open("rb") as stream:
        decoder = make_reader(stream, decoder_factories=[DecoderFactory()])
        verdicts = [decoded for *_, decoded in decoder.iter_decoded_messages("/command_verdict")]
    assert verdicts[3].normalized == [float(value) for value in episode.action[3]]


def test_file_has_the_ros2_profile_and_the_metadata(
    store: EpisodeStore, random_episode: EpisodeFactory
) -> None:
    path = store.write(random_episode())
    with path.open("rb") as stream:
        reader = make_reader(stream)
        assert reader.get_header().profile == "ros2"
        metadata = {record.name: record.metadata for record in reader.iter_metadata()}
    assert metadata["safereach"]["episode_id"] == "original-7-0001"
    assert metadata["safereach"]["format_version"] == "1"
    assert metadata["safereach_result"] == {"observations": "21", "terminal": "0"}


def test_executed_action_is_the_first_accepted_verdict_and_zero_when_vetoed(
    store: EpisodeStore,
) -> None:
    writer = store.writer("live", {}, [0.01] * 6)
    for step in range(4):
        writer.observation(step, observation(step))
    writer.verdict(0, verdict(0, 0.5))
    writer.verdict(0, verdict(0, 0.9, reason=10))
    writer.verdict(1, verdict(1, 0.7, accepted=False, reason=3))
    writer.verdict(3, verdict(3, 0.8))
    writer.close()
    np.testing.assert_allclose(store.load("live").action[:, 0], [0.5, 0, 0, 0])


def test_repeated_observation_counts_once(store: EpisodeStore) -> None:
    writer = store.writer("live", {}, [0.01] * 6)
    write_live(writer, 3)
    writer.observation(9, observation(1))
    writer.close()
    assert len(store.load("live")) == store.info("live").observations == 3


def test_unfinished_file_is_not_an_episode_yet(store: EpisodeStore) -> None:
    writer = store.writer("live", {}, [0.01] * 6)
    write_live(writer, 3)
    assert store.ids() == []
    with pytest.raises(EpisodeError, match=r"live\.mcap\.active was not finished.*repair"):
        store.load("live")
    writer.close()
    assert store.ids() == ["live"]
    assert store.unfinished() == []


def test_kill_in_mid_episode_leaves_the_flushed_part_readable(store: EpisodeStore) -> None:
    program = (
        "import os, signal, sys; sys.path[:0] = sys.argv[2:]\n"
        "from pathlib import Path\n"
        "from test_mcap import write_live\n"
        "from fosp_agent.episodes.store import EpisodeStore\n"
        "write_live(EpisodeStore(Path(sys.argv[1])).writer('live', {}, [1.0] * 6), 25)\n"
        "os.kill(os.getpid(), signal.SIGKILL)\n"
    )
    paths = [str(Path(__file__).parent), *sys.path]
    command = [sys.executable, "-c", program, str(store.path), *paths]
    killed = subprocess.run(command, timeout=60, check=False)
    assert killed.returncode == -signal.SIGKILL
    (active,) = store.unfinished()
    repaired = repair(active)
    assert repaired.observations == 20
    episode = store.load("live")
    assert len(episode) == 20
    np.testing.assert_array_equal(episode.image[19], observation(19).image)
    np.testing.assert_allclose(episode.action[:19, 0], np.arange(19) / 100)


@pytest.mark.parametrize("share", [0.1, 0.5, 0.9, 0.999])
def test_truncated_file_is_named_with_its_remedy_and_can_be_repaired(
    store: EpisodeStore, share: float
) -> None:
    writer = store.writer("live", {"task": "original"}, [0.01] * 6)
    write_live(writer, 30)
    path = writer.close()
    whole = path.read_bytes()
    path.write_bytes(whole[: int(len(whole) * share)])
    fresh = EpisodeStore(store.path)
    readable = len(read_recording(path).steps())
    remedy = f"{readable} observations are readable.*dataset repair" if readable else "delete it"
    message = rf"live\.mcap is damaged.*{remedy}"
    for read in (fresh.load, fresh.info):
        with pytest.raises(EpisodeError, match=message):
            read("live")
    if readable:
        assert repair(path).observations == readable
        assert len(fresh.load("live")) == readable
        assert path.with_name("live.mcap.broken").stat().st_size == int(len(whole) * share)
    else:
        with pytest.raises(EpisodeError, match="nothing in it can be read"):
            repair(path)


def test_flipped_byte_is_found_by_its_checksum(store: EpisodeStore) -> None:
    writer = store.writer("live", {}, [0.01] * 6)
    write_live(writer, 30)
    path = writer.close()
    damaged = bytearray(path.read_bytes())
    damaged[len(damaged) // 2] ^= 0xFF
    path.write_bytes(bytes(damaged))
    with pytest.raises(EpisodeError, match="is damaged"):
        store.load("live")


def test_gap_between_observations_is_refused_and_repaired_up_to_it(store: EpisodeStore) -> None:
    writer = store.writer("live", {}, [0.01] * 6)
    for step in (0, 1, 2, 5, 6):
        writer.observation(step, observation(step))
        writer.verdict(step, verdict(step, 0.1))
    path = writer.close()
    with pytest.raises(EpisodeError, match=r"observation 3 of 7 is missing"):
        store.load("live")
    assert repair(path).observations == 3
    assert len(EpisodeStore(store.path).load("live")) == 3


def test_complete_file_needs_no_repair(store: EpisodeStore, random_episode: EpisodeFactory) -> None:
    path = store.write(random_episode())
    before = path.read_bytes()
    with pytest.raises(EpisodeError, match="nothing to repair"):
        repair(path)
    assert path.read_bytes() == before


def test_foreign_file_is_refused(store: EpisodeStore) -> None:
    (store.path / "notes.mcap").write_text("no mcap at all")
    with pytest.raises(EpisodeError, match=r"notes\.mcap is damaged"):
        store.load("notes")
    assert store.ids() == ["notes"]


def test_existing_episode_and_leftover_are_never_overwritten(
    store: EpisodeStore, random_episode: EpisodeFactory
) -> None:
    store.write(random_episode())
    with pytest.raises(EpisodeError, match="exists already"):
        store.write(random_episode())
    shutil.copy(store.file("original-7-0001"), store.path / "crashed.mcap.active")
    with pytest.raises(EpisodeError, match=r"left over from a crash.*dataset repair"):
        store.writer("crashed", {}, [1.0])


@pytest.mark.parametrize("id_", ["../escape", "", "a/b", ".hidden", "a b"])
def test_id_that_cannot_name_a_file_is_refused(store: EpisodeStore, id_: str) -> None:
    with pytest.raises(EpisodeError, match="cannot name a file"):
        store.writer(id_, {}, [1.0])


@pytest.fixture
def small_disk() -> Iterator[None]:
    """No file may grow beyond 300 kB: writes then fail as on a full disk."""
    soft, hard = resource.getrlimit(resource.RLIMIT_FSIZE)
    handler = signal.signal(signal.SIGXFSZ, signal.SIG_IGN)
    resource.setrlimit(resource.RLIMIT_FSIZE, (300_000, hard))
    yield
    resource.setrlimit(resource.RLIMIT_FSIZE, (soft, hard))
    signal.signal(signal.SIGXFSZ, handler)


@pytest.mark.usefixtures("small_disk")
def test_full_disk_names_file_and_remedy_and_keeps_what_was_written(store: EpisodeStore) -> None:
    writer = store.writer("live", {}, [0.01] * 6)
    with pytest.raises(EpisodeError, match=r"live\.mcap\.active: cannot write.*dataset repair"):
        write_live(writer, 60)
    with pytest.raises(EpisodeError, match="the writer is closed"):
        writer.observation(0, observation(0))
    active = writer.abort()
    assert active is not None
    assert len(read_recording(active).steps()) >= 20


def test_aborted_empty_episode_leaves_no_file(store: EpisodeStore) -> None:
    assert store.writer("live", {}, [1.0]).abort() is None
    assert list(store.path.iterdir()) == []


def test_ids_come_in_the_order_recorded(store: EpisodeStore) -> None:
    for id_ in ("zebra", "apple", "mango"):
        writer = store.writer(id_, {}, [0.01] * 6)
        writer.observation(0, observation(0, id_))
        writer.close()
    assert EpisodeStore(store.path).ids() == ["zebra", "apple", "mango"]


def test_terminal_flag_survives_the_file(store: EpisodeStore) -> None:
    writer = store.writer("live", {}, [0.01] * 6)
    write_live(writer, 3)
    writer.close(terminal=True)
    assert store.load("live").is_terminal.tolist() == [False, False, True]
