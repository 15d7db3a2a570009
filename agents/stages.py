"""Several stages of training: the next run's policy begins as the last one's ended."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from agents import checkpoints
from agents.policies.causal_lm import CausalLM
from agents.runs import POLICY
from agents.vocabularies import check_vocabulary
from rlenvs.leaderboard.evaluation import make_evaluation_env
from rlenvs.leaderboard.records import read_run
from rlenvs.text.tokenizers import Tokenizer

BODY = "body."


def start_from(run_dir: str, policy: CausalLM) -> None:
    """Puts the decoder of a finished run into `policy`; a critic begins anew.

    Raises:
        ValueError: the run is not finished, or its decoder is another than the policy's (LoRA's too), or it reads
            other tokens.
    """
    path = Path(run_dir) / POLICY
    if not path.is_file():
        raise ValueError(f"config start={run_dir!r}: no {POLICY} there; name the directory of a finished run")
    state = checkpoints.load(path)["state_dict"]
    body = {name.removeprefix(BODY): tensor for name, tensor in state.items() if name.startswith(BODY)}
    shapes = {name: tensor.shape for name, tensor in body.items()}
    if shapes != {name: tensor.shape for name, tensor in policy.body.state_dict().items()}:
        raise ValueError(f"config start={run_dir!r}: its decoder is another; set the same model, sizes and tokens")
    if policy.tokenizer is not None and path.with_name("run.json").is_file():
        check_vocabulary(f"config start={run_dir!r}", tokenizer_of(run_dir), policy.tokenizer)
    policy.body.load_state_dict(body)


def tokenizer_of(run_dir: str) -> Tokenizer:
    """What a run's policy reads and writes by, made again from the record."""
    env: Any = make_evaluation_env(read_run(run_dir).spec)
    tokenizer = env.unwrapped.rules.tokenizer
    env.close()
    return tokenizer
