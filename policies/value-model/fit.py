"""Training and calibration of one model."""

import copy
from dataclasses import dataclass

import numpy as np
import torch
from torch.nn.functional import binary_cross_entropy_with_logits as cross_entropy

from measures import log_loss
from model import ValueModel, padded


@dataclass
class Settings:
    """Chosen by what members said of groups that they had left out, test problems apart."""

    dimension: int = 10
    members: int = 5
    hidden: int = 64
    dropout: float = 0.4
    keep: float = 0.5  # share of the tokens that a training step sees
    rate: float = 1e-3
    decay: float = 0.1
    epochs: int = 12
    patience: int = 4
    batch: int = 256
    passing: float = 1.0  # how much more a program counts that passes the visible tests
    smooth: float = 0.02  # labels move this far towards one half


def train(rows, encoding, settings, seed, say=print):
    """A calibrated model, trained on all rows but for what each member leaves out.

    Every group of problems is left out by one member. What a member says of the groups that it left out
    decides when to stop and calibrates the whole: no weight behind it was fitted to them.
    """
    torch.manual_seed(seed)
    generator = np.random.default_rng(seed)
    model = untrained(rows, encoding, settings)
    optimiser = optimiser_of(model, settings)
    # Parts are dealt over all data sets, so those of a member are, too.
    left_out = torch.tensor(rows.part % settings.members)
    weight = rows.weights() * np.where(rows.passing, settings.passing, 1.0)
    weight = torch.tensor(weight / weight.mean(), dtype=torch.float32)
    learnt = torch.stack([(left_out != m).float() * weight for m in range(settings.members)])
    label = torch.tensor(rows.label * (1 - 2 * settings.smooth) + settings.smooth)
    features = torch.tensor(rows.features)
    steps = settings.epochs * (len(rows) // settings.batch + 1)
    schedule = torch.optim.lr_scheduler.OneCycleLR(optimiser, settings.rate, steps, pct_start=0.1)
    best, since = None, 0
    for epoch in range(settings.epochs):
        model.train()
        for at in batches(rows, settings.batch, generator):
            tokens = padded([rows.tokens[i] for i in at])
            logits = model.logits(tokens, features[at], settings.keep)
            # Every member learns on its own; only their answers are averaged.
            loss = cross_entropy(logits, label[at].expand_as(logits), learnt[:, at])
            optimiser.zero_grad()
            (loss * settings.members).backward()
            torch.nn.utils.clip_grad_norm_(model.parameters(), 1.0)
            optimiser.step()
            schedule.step()
        logit = unseen(model, rows, left_out)
        loss = log_loss(rows.label, 1 / (1 + np.exp(-logit)))
        say(f"  epoch {epoch + 1}: log-loss on what members left out {loss:.4f}")
        if best is None or loss < best[0]:
            best, since = (loss, logit, copy.deepcopy(model.state_dict())), 0
        else:
            since += 1
            if since >= settings.patience:
                break
    model.load_state_dict(best[2])
    calibrate(model, best[1], rows)
    return model


def untrained(rows, encoding, settings):
    names = encoding["features"]
    model = ValueModel(
        encoding["buckets"],
        settings.dimension,
        len(names),
        settings.members,
        settings.hidden,
        settings.dropout,
        names.index("passed_all"),
        names.index("unwritten"),
    )
    model.mean.copy_(torch.tensor(rows.features.mean(0)))
    model.deviation.copy_(torch.tensor(rows.features.std(0) + 1e-2))
    return model


def optimiser_of(model, settings):
    """Matrices decay; offsets do not, nor embeddings, most of which a step does not touch."""
    decays = lambda name, p: p.dim() > 1 and "embedding" not in name
    with_decay = [p for n, p in model.named_parameters() if decays(n, p)]
    without = [p for n, p in model.named_parameters() if not decays(n, p)]
    groups = [
        {"params": with_decay, "weight_decay": settings.decay},
        {"params": without, "weight_decay": 0.0},
    ]
    return torch.optim.AdamW(groups, lr=settings.rate)


def unseen(model, rows, left_out):
    """For every row the logit of the member that left it out."""
    logits = in_batches(rows, lambda tokens, features: model.logits(tokens, features).T, model)
    return logits[np.arange(len(rows)), left_out.numpy()]


def batches(rows, size, generator):
    """Batches of like length, in any order: short ones need no padding to the longest of all."""
    lengths = np.array([len(t) for t in rows.tokens])
    order = np.argsort(lengths + generator.uniform(0, 64, len(rows)))
    parts = [order[i : i + size] for i in range(0, len(order), size)]
    generator.shuffle(parts)
    return parts


def predict(model, rows):
    """Probabilities of all rows, in their order."""
    return in_batches(rows, model, model)


def in_batches(rows, ask, model, size=512):
    model.eval()
    order = np.argsort([len(t) for t in rows.tokens], kind="stable")
    parts = []
    with torch.no_grad():
        for i in range(0, len(order), size):
            at = order[i : i + size]
            tokens = padded([rows.tokens[j] for j in at])
            parts.append(ask(tokens, torch.tensor(rows.features[at])).numpy())
    return np.concatenate(parts)[np.argsort(order)]


def calibrate(model, logit, rows):
    """Fits scale and offsets to logits of members that had not seen the rows (Platt 1999)."""
    logit = torch.tensor(logit)
    label = torch.tensor(rows.label)
    passing = torch.tensor(rows.passing.astype(np.float32))
    unwritten = torch.tensor((~rows.written).astype(np.float32))
    theta = torch.tensor([1.0, 0.0, 0.0, 0.0], requires_grad=True)
    optimiser = torch.optim.LBFGS([theta], max_iter=100, line_search_fn="strong_wolfe")

    def closure():
        optimiser.zero_grad()
        offset = theta[1] + theta[2] * passing + theta[3] * unwritten
        # Where there are no thoughts alone nothing else says what their offset is.
        loss = cross_entropy(theta[0] * logit + offset, label) + 1e-6 * theta[3] ** 2
        loss.backward()
        return loss

    optimiser.step(closure)
    model.calibration.copy_(theta.detach())
