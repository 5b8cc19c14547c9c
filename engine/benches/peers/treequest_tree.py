"""TreeQuest (https://github.com/SakanaAI/treequest) on the synthetic tree of `../tree`.

    python3 -m venv /tmp/treequest
    /tmp/treequest/bin/pip install -r engine/benches/peers/requirements.txt
    /tmp/treequest/bin/python engine/benches/peers/treequest_tree.py

For each algorithm: simulations per second over the trees (median, and the lowest and highest),
how often it prefers the move of the root that the long search of `cargo bench --bench tree`
prefers, and the bytes that Python has in use for a node with its state and its finished trial
(in a run of its own: tracing is slow).

How the tree is put to it:
- In TreeQuest a simulation generates one child and evaluates it; the root is not evaluated.
- StandardMCTS has the ten moves as its actions, one sample each, so a leaf gets all its
  children in ten simulations. It weighs exploration by priors that are a softmax of ten
  scores, about 0.1 each; the constant of 7 makes this the 0.7 of the other engines. Its own
  default, the square root of 2, stands beside it.
- AB-MCTS-A decides itself how wide a node gets, so it has one action: the next move that was
  not yet generated there, beginning again after ten. Its other parameters are the defaults.
- It knows no terminal states: at the depth limit a simulation leads to the same state again.
- The preferred move is the one with the most nodes below it, that is, the most visits.

Driven by ask and tell, as its README recommends, one at a time: `step` alone copies the tree.
"""

import argparse
import random
import statistics
import time
import tracemalloc
from collections import Counter
from typing import NamedTuple, Optional

import numpy
import treequest

BRANCHING = 10
TOP = 1023
MASK = (1 << 64) - 1
PHI = 0x9E37_79B9_7F4A_7C15

# Preferred by 500,000 simulations on the unbounded trees 0 to 29; printed by
# `cargo bench -p cogitree-engine --bench tree`.
LONG_SEARCH = [
    4, 1, 4, 7, 5, 0, 3, 8, 6, 4, 3, 3, 8, 9, 0,
    6, 6, 2, 5, 9, 6, 4, 3, 2, 1, 7, 8, 8, 4, 6,
]  # fmt: skip


def mix(x: int) -> int:
    x ^= x >> 30
    x = x * 0xBF58_476D_1CE4_E5B9 & MASK
    x ^= x >> 27
    x = x * 0x94D0_49BB_1331_11EB & MASK
    return x ^ x >> 31


class State(NamedTuple):
    """`synthetic.rs` in Python."""

    hash: int
    sum: int
    depth: int

    @staticmethod
    def root(seed: int) -> "State":
        return State(mix(seed + PHI & MASK), 0, 0)

    def child(self, action: int) -> "State":
        hash = mix(self.hash + (action + 1) * PHI & MASK)
        return State(hash, self.sum + (hash >> 54), self.depth + 1)

    def value(self) -> int:
        return self.sum // self.depth if self.depth else TOP // 2


def check_the_tree() -> None:
    """A few states as `synthetic.rs` has them."""
    for seed, path, hash, sum, value in [
        (0, [], 16294208416658607535, 0, 511),
        (42, [], 13679457532755275413, 0, 511),
        (42, [0], 6332618229526065668, 351, 351),
        (42, [9], 13234865520066566216, 734, 734),
        (42, [3, 1, 4, 1, 5, 9], 16353450961662305947, 3348, 558),
        (7, [2, 7, 1, 8, 2, 8, 1, 8, 2, 8], 5162655552955286936, 5449, 544),
        (MASK, [5, 5], 7853384560509711578, 592, 296),
    ]:
        state = State.root(seed)
        for action in path:
            state = state.child(action)
        found = (state, state.value())
        expected = (State(hash, sum, len(path)), value)
        if found != expected:
            raise SystemExit(f"this is not the tree of synthetic.rs: {found} is not {expected}")


class Moves:
    """Generates children of the states of one tree, as TreeQuest's `generate_fn`."""

    def __init__(self, seed: int, depth: Optional[int]):
        self.root = State.root(seed)
        self.depth = depth
        self.generated: Counter[State] = Counter()

    def move(self, parent: Optional[State], action: int) -> tuple[State, float]:
        state = self.root if parent is None else parent
        if state.depth != self.depth:
            state = state.child(action)
        return state, state.value() / TOP

    def next(self, parent: Optional[State]) -> tuple[State, float]:
        state = self.root if parent is None else parent
        action = self.generated[state] % BRANCHING
        self.generated[state] += 1
        return self.move(parent, action)

    def each(self) -> dict:
        return {str(a): lambda parent, a=a: self.move(parent, a) for a in range(BRANCHING)}

    def one(self) -> dict:
        return {"next": self.next}


ALGORITHMS = [
    (
        "StandardMCTS, c = 7",
        lambda: treequest.StandardMCTS(samples_per_action=1, exploration_weight=7.0),
        Moves.each,
    ),
    (
        "StandardMCTS, default c",
        lambda: treequest.StandardMCTS(samples_per_action=1),
        Moves.each,
    ),
    ("AB-MCTS-A", treequest.ABMCTSA, Moves.one),
]


def search(new_algorithm, actions, seed: int, depth: Optional[int], simulations: int, batch: int):
    """TreeQuest's tree after so many simulations, and the seconds they took."""
    random.seed(seed)
    numpy.random.seed(seed)
    generate = actions(Moves(seed, depth))
    names = list(generate)
    algorithm = new_algorithm()
    started = time.perf_counter()
    state = algorithm.init_tree()
    while (left := simulations + 1 - len(state.tree)) > 0:
        state, trials = algorithm.ask_batch(state, min(batch, left), names)
        for trial in trials:
            result = generate[trial.action](trial.parent_state)
            state = algorithm.tell(state, trial.trial_id, result)
    return state, time.perf_counter() - started


def preferred(state, seed: int) -> int:
    """The move of the root with the most visits, over all children that have it."""
    root = State.root(seed)
    move_to = {root.child(a): a for a in range(BRANCHING)}
    visits: Counter[int] = Counter()
    for child in state.tree.root.children:
        visits[move_to[child.state]] += len(child.get_subtree_nodes())
    return visits.most_common(1)[0][0]


def bytes_per_node(new_algorithm, actions, depth, simulations: int, batch: int) -> float:
    tracemalloc.start()
    before, _ = tracemalloc.get_traced_memory()
    state, _ = search(new_algorithm, actions, 0, depth, simulations, batch)
    after, _ = tracemalloc.get_traced_memory()
    tracemalloc.stop()
    return (after - before) / len(state.tree)


def main() -> None:
    described = argparse.ArgumentParser(description=__doc__.partition("\n")[0])
    described.add_argument("--simulations", type=int, default=1_000, help="default: %(default)s")
    described.add_argument("--trees", type=int, default=30, help="at most 30; default: %(default)s")
    described.add_argument("--depth", type=int, help="no state is deeper; default: unbounded")
    described.add_argument(
        "--batch", type=int, default=1, help="asked before the first is told; default: %(default)s"
    )
    options = described.parse_args()
    if not 1 <= options.trees <= len(LONG_SEARCH):
        described.error(f"--trees must be 1 to {len(LONG_SEARCH)}")

    check_the_tree()
    depth = "unbounded" if options.depth is None else f"depth {options.depth}"
    print(
        f"TreeQuest, {options.simulations} simulations on {options.trees} trees "
        f"({depth}), {options.batch} asked at once"
    )
    print(f"{'':25}{'simulations a second':>34}{'as the long search':>22}{'bytes a node':>16}")
    for name, new_algorithm, actions in ALGORITHMS:
        rates = []
        agreed = 0
        for seed in range(options.trees):
            state, seconds = search(
                new_algorithm, actions, seed, options.depth, options.simulations, options.batch
            )
            rates.append(options.simulations / seconds)
            agreed += preferred(state, seed) == LONG_SEARCH[seed]
        spread = f"{statistics.median(rates):.0f} ({min(rates):.0f} to {max(rates):.0f})"
        # The long search is of the unbounded trees.
        quality = f"{agreed} of {options.trees}" if options.depth is None else "-"
        size = bytes_per_node(
            new_algorithm, actions, options.depth, options.simulations, options.batch
        )
        print(f"{name:25}{spread:>34}{quality:>22}{size:>16.0f}", flush=True)


if __name__ == "__main__":
    main()
