"""How good probabilities are, with intervals from resampled groups of problems."""

import numpy as np


def auc(label, score):
    """The area under the ROC curve (Mann, Whitney 1947); NaN where there is one class only."""
    return Ranking(label, score).auc(np.ones(len(label))) if len(label) else float("nan")


def log_loss(label, score):
    p = np.clip(score, 1e-6, 1 - 1e-6)
    return float(-(label * np.log(p) + (1 - label) * np.log(1 - p)).mean())


def ece(label, score, bins=15):
    """Expected calibration error over bins of equal width (Guo et al. 2017)."""
    at = np.minimum((score * bins).astype(int), bins - 1)
    gaps = [abs(label[at == b].sum() - score[at == b].sum()) for b in range(bins)]
    return float(sum(gaps) / len(label))


def auc_within(label, score, problem):
    """The mean AUC of the problems that have right and wrong programs: whether it tells the programs of
    one problem apart, which is what a search needs."""
    order = np.argsort(problem.astype(str), kind="stable")
    _, starts = np.unique(problem[order].astype(str), return_index=True)
    parts = np.split(order, starts[1:])
    values = [auc(label[p], score[p]) for p in parts]
    values = [v for v in values if v == v]
    return float(np.mean(values)) if values else float("nan")


class Ranking:
    """Rows in the order of their scores, so that the AUC of a resample takes no sorting."""

    def __init__(self, label, score):
        self.order = np.argsort(score, kind="stable")
        self.positive = label[self.order] > 0.5
        _, self.starts = np.unique(score[self.order], return_index=True)

    def auc(self, weight):
        """With every row counted `weight` times; ties count one half."""
        weight = weight[self.order]
        n = np.add.reduceat(np.where(self.positive, weight, 0.0), self.starts)
        m = np.add.reduceat(np.where(self.positive, 0.0, weight), self.starts)
        below = np.cumsum(m) - m
        whole = n.sum() * m.sum()
        return float((n * (below + m / 2)).sum() / whole) if whole else float("nan")


def ranked(label, score):
    """The AUC as a function of the rows' weights."""
    return Ranking(label, score).auc


def loss_of(label, score):
    """The log-loss as a function of the rows' weights."""
    p = np.clip(score, 1e-6, 1 - 1e-6)
    losses = -(label * np.log(p) + (1 - label) * np.log(1 - p))
    return lambda weight: float((losses * weight).sum() / weight.sum())


def interval(group, measure, times=500, seed=0):
    """`measure` of all rows, and its 95 % interval over groups of problems drawn with replacement
    (Efron 1979): programs of one problem are not independent."""
    generator = np.random.default_rng(seed)
    _, number = np.unique(group, return_inverse=True)
    groups = number.max() + 1
    values = []
    for _ in range(times):
        counts = np.bincount(generator.integers(0, groups, groups), minlength=groups)
        values.append(measure(counts[number].astype(np.float64)))
    low, high = np.nanpercentile(values, [2.5, 97.5])
    return measure(np.ones(len(group))), float(low), float(high)
