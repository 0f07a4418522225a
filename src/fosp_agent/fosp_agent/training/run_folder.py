"""One folder, one run: what is there already is neither mixed with another run nor overwritten."""

from __future__ import annotations

from pathlib import Path

from fosp_agent.errors import UserError
from fosp_agent.training.weights_files import FOLDER, version_of, weights_files

PRETRAINING = Path("checkpoints") / "pretrain.pt"
FINETUNING = Path("checkpoints") / "finetune.pt"
PRETRAINED = "weights.safetensors"
BEST = "best.safetensors"


class TakenFolder(UserError):
    """A folder holds another run, or what is left of one."""


def require_no_pretraining(run_dir: Path) -> None:
    """Refuse to fine-tune in the folder of a pretraining.

    Raises:
        TakenFolder: naming what was found.
    """
    _refuse(run_dir, (PRETRAINING, PRETRAINED, BEST), "pretraining", "fine-tune")


def require_no_finetuning(run_dir: Path) -> None:
    """Refuse to pretrain in the folder of a fine-tuning.

    Raises:
        TakenFolder: naming what was found.
    """
    _refuse(run_dir, (FINETUNING, FOLDER, "episodes"), "fine-tuning", "pretrain")


def require_nothing_learned(run_dir: Path, version: int) -> None:
    """Refuse to begin where a run without a checkpoint has left later weights.

    Args:
        run_dir: the folder.
        version: of the weights that a run would begin from.

    Raises:
        TakenFolder: naming the newest weights.
    """
    later = [file for file in weights_files(run_dir / FOLDER) if version_of(file) > version]
    if later:
        raise TakenFolder(
            f"{run_dir} holds the weights of a run without a checkpoint to go on from; begin in "
            f"another folder, from {max(later, key=version_of)} if that is to go on"
        )


def _refuse(run_dir: Path, names: tuple[Path | str, ...], kind: str, verb: str) -> None:
    found = [str(name) for name in names if (run_dir / name).exists()]
    if found:
        raise TakenFolder(
            f"{run_dir} is the folder of a {kind} ({', '.join(found)}); {verb} in another folder"
        )
