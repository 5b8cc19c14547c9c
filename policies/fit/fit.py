"""Fits the weights by which the Sketcher ranks programs that pass the visible tests.

    cargo run --release --example solve_rate -- HUMANEVAL --simulations 100 --candidates he.jsonl
    cargo run --release --example solve_rate -- MBPP --simulations 40 --candidates mbpp.jsonl
    pip install -r policies/fit/requirements.txt
    python policies/fit/fit.py he.jsonl mbpp.jsonl

Only problems whose id has an even CRC-32 are fitted on; the others are reported beside them.
Within a problem: conditional logit, -log(sum of exp(w.f) over right programs / over all), pulled
towards the weights that stand in `price.rs`; `pull` is chosen by four-fold cross-validation.
Across problems: the log-odds that the best program is right, as SLOPE * merit + the weight of
`examples` + BIAS. Prints what to put into `price.rs`.
"""

import collections
import json
import pathlib
import re
import sys
import zlib

import numpy as np

PRICE = pathlib.Path(__file__).parents[1] / "src/sketcher/price.rs"


def standing():
    source = PRICE.read_text()
    names = re.search(r"NAMES: \[&str; FEATURES\] = \[(.*?)\];", source, re.S)[1]
    weights = re.search(r"WEIGHTS: \[f64; FEATURES\] = \[(.*?)\];", source, re.S)[1]
    names = re.findall(r'"(\w+)"', names)
    weights = np.array([float(w) for w in weights.split(",") if w.strip()])
    assert len(names) == len(weights)
    return names, weights


def load(paths, names):
    rows = collections.defaultdict(list)
    for path in paths:
        with open(path) as file:
            for line in file:
                row = json.loads(line)
                rows[row["id"]].append(row)
    return {
        id: (
            np.array([[row["features"][n] for n in names] for row in group]),
            np.array([row["right"] for row in group], float),
        )
        for id, group in rows.items()
    }


def fold(id, folds):
    return zlib.crc32(id.encode()) % folds


def loss(w, w0, scale, data, ids, pull):
    total, gradient, n = 0.0, np.zeros_like(w), 0
    for id in ids:
        x, right = data[id]
        if not right.any() or right.all():
            continue  # Nothing to rank.
        e = np.exp(x @ w - (x @ w).max())
        chosen = e * right
        total -= np.log(chosen.sum() / e.sum())
        gradient -= x.T @ (chosen / chosen.sum() - e / e.sum())
        n += 1
    away = (w - w0) * scale
    return total / n + pull * away @ away, gradient / n + 2 * pull * away * scale


def fit(w0, scale, data, ids, pull, steps):
    """Adam with a falling step."""
    u, m, v = w0 * scale, np.zeros_like(w0), np.zeros_like(w0)
    for t in range(1, steps + 1):
        _, g = loss(u / scale, w0, scale, data, ids, pull)
        g = g / scale
        m, v = 0.9 * m + 0.1 * g, 0.99 * v + 0.01 * g * g
        step = (m / (1 - 0.9**t)) / (np.sqrt(v / (1 - 0.99**t)) + 1e-8)
        u = u - 0.05 * (1 - t / steps) * step
    return u / scale


def first(w, data, ids):
    """Of the problems with a right program: how often it is ranked first."""
    some = [id for id in ids if data[id][1].any()]
    return int(sum(data[id][1][np.argmax(data[id][0] @ w)] for id in some)), len(some)


def report(title, w, data, halves):
    print(f"{title:12}", *(f"{name}: {'%d of %d' % first(w, data, ids)}" for name, ids in halves))


def best_programs(w, data, ids, examples):
    rows = []
    for id in ids:
        x, right = data[id]
        i = np.argmax(x @ w)
        rows.append((x[i] @ w, x[i, examples], 1.0, right[i]))
    return np.array(rows)


def logistic(rows):
    """Newton's method; slope, weight of the number of examples, bias."""
    x, y, theta = rows[:, :3], rows[:, 3], np.zeros(3)
    for _ in range(100):
        p = 1 / (1 + np.exp(-x @ theta))
        hessian = (x * (p * (1 - p))[:, None]).T @ x + 1e-3 * np.eye(3)
        theta -= np.linalg.solve(hessian, x.T @ (p - y) + 1e-3 * theta)
    return theta


def main(paths):
    names, w0 = standing()
    data = load(paths, names)
    examples = names.index("examples")
    design = [id for id in data if fold(id, 2) == 0]
    held = [id for id in data if fold(id, 2) == 1]
    halves = [("fitted on", design), ("held", held)]
    scale = np.std(np.concatenate([x for x, _ in data.values()]), axis=0) + 1e-3
    report("as it stands", w0, data, halves)
    scores = {}
    for pull in (0.3, 0.1, 0.03, 0.01, 0.003):
        hits = 0
        for k in range(4):
            inside = [id for id in design if fold("x" + id, 4) != k]
            outside = [id for id in design if fold("x" + id, 4) == k]
            hits += first(fit(w0, scale, data, inside, pull, 300), data, outside)[0]
        scores[pull] = hits
    pull = max(scores, key=scores.get)
    print("cross-validated:", scores, "so the pull is", pull)
    w = fit(w0, scale, data, design, pull, 800)
    w[examples] = 0
    report("fitted", w, data, halves)
    slope, per_example, bias = logistic(best_programs(w, data, design, examples))
    for name, ids in halves:
        rows = best_programs(w, data, ids, examples)
        p = 1 / (1 + np.exp(-rows[:, :3] @ (slope, per_example, bias)))
        print(f"{name}: predicted {p.mean():.3f}, right {rows[:, 3].mean():.3f}")
        for low, high in ((0, 0.3), (0.3, 0.5), (0.5, 0.7), (0.7, 0.8), (0.8, 0.9), (0.9, 1.01)):
            part = (p >= low) & (p < high)
            if part.any():
                print(
                    f"  {low:.1f}-{min(high, 1):.1f}: {part.sum():3} problems, "
                    f"predicted {p[part].mean():.2f}, right {rows[part, 3].mean():.2f}"
                )
    w[examples] = per_example / slope
    print("SLOPE", round(slope, 2), "BIAS", round(bias, 2))
    print(dict(zip(names, (round(float(x), 3) for x in w))))


if __name__ == "__main__":
    main(sys.argv[1:])
