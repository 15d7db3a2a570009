"""REINFORCE with the square root of the return: a researcher's idea, in a file of its own."""

from agents.advantages import reward_to_go
from agents.aggregation import aggregate
from agents.losses import reinforce
from agents.optimisation import OptimiserConfig as Config
from agents.optimisation import gradient_step, make_optimiser
from agents.rollouts.episodes import EpisodeCollector
from agents.runs import Run


def train(spec, run_dir):
    run, config = Run.begin(spec, run_dir, Config)
    env = run.make_groups(8, group_size=1)
    policy = run.make_policy(env, config)
    optimiser = make_optimiser(policy, config)
    collector = EpisodeCollector(env, 1, run.generator, spec.seed, run.clock)
    run.track(policy=policy, optimiser=optimiser, collector=collector)
    for batch in run.batches(collector, policy):
        returns = reward_to_go(batch.rewards, batch.mask, config.gamma)
        advantages = returns.sign() * returns.abs().sqrt()  # the new idea
        loss = aggregate(reinforce(policy.evaluate(batch).log_prob, advantages, batch.mask), batch.mask)
        run.record(policy, batch, {"gradient_norm": gradient_step(optimiser, loss, config.max_grad_norm)})
    return run.finish(policy)
