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
    """Chosen on validation rows."""

    dimension: int = 12
    members: int = 4
    hidden: int = 64
    dropout: float = 0.3
    keep: float = 0.7
    rate: float = 2e-3
    decay: float = 1e-2
    epochs: int = 12
    patience: int = 4
    batch: int = 256
    passing: float = 2.0  # how much more a program counts that passes the visible tests
    smooth: float = 0.02  # labels move this far towards one half


def train(train_rows, validation, encoding, settings, seed, say=print):
    """A calibrated model."""
    torch.manual_seed(seed)
    generator = np.random.default_rng(seed)
    names = encoding["features"]
    model = ValueModel(
        encoding["buckets"],
        settings.dimension,
        len(names),
        settings.members,
        settings.hidden,
        settings.dropout,
        names.index("passed_all"),
    )
    model.mean.copy_(torch.tensor(train_rows.features.mean(0)))
    model.deviation.copy_(torch.tensor(train_rows.features.std(0) + 1e-2))
    with_decay = [p for n, p in model.named_parameters() if p.dim() > 1 and "embedding" not in n]
    without = [p for n, p in model.named_parameters() if p.dim() == 1 or "embedding" in n]
    optimiser = torch.optim.AdamW(
        [
            {"params": with_decay, "weight_decay": settings.decay},
            {"params": without, "weight_decay": 0.0},
        ],
        lr=settings.rate,
    )
    weight = train_rows.weights() * np.where(train_rows.passing, settings.passing, 1.0)
    weight = torch.tensor(weight / weight.mean(), dtype=torch.float32)
    label = torch.tensor(train_rows.label * (1 - 2 * settings.smooth) + settings.smooth)
    features = torch.tensor(train_rows.features)
    steps = settings.epochs * (len(train_rows) // settings.batch + 1)
    schedule = torch.optim.lr_scheduler.OneCycleLR(optimiser, settings.rate, steps, pct_start=0.1)
    best, since = None, 0
    for epoch in range(settings.epochs):
        model.train()
        for at in batches(train_rows, settings.batch, generator):
            tokens = padded([train_rows.tokens[i] for i in at])
            logits = model.logits(tokens, features[at], settings.keep)
            # Every member learns on its own; only their answers are averaged.
            losses = [cross_entropy(member, label[at], weight[at]) for member in logits]
            optimiser.zero_grad()
            torch.stack(losses).sum().backward()
            torch.nn.utils.clip_grad_norm_(model.parameters(), 1.0)
            optimiser.step()
            schedule.step()
        loss = log_loss(validation.label, predict(model, validation))
        say(f"  epoch {epoch + 1}: log-loss on validation {loss:.4f}")
        if best is None or loss < best[0]:
            best, since = (loss, copy.deepcopy(model.state_dict())), 0
        else:
            since += 1
            if since >= settings.patience:
                break
    model.load_state_dict(best[1])
    calibrate(model, validation)
    return model


def batches(rows, size, generator):
    """Batches of like length, in any order: short ones need no padding to the longest of all."""
    lengths = np.array([len(t) for t in rows.tokens])
    order = np.argsort(lengths + generator.uniform(0, 64, len(rows)))
    parts = [order[i : i + size] for i in range(0, len(order), size)]
    generator.shuffle(parts)
    return parts


def predict(model, rows, size=512):
    """Probabilities of all rows, in their order."""
    model.eval()
    order = np.argsort([len(t) for t in rows.tokens], kind="stable")
    result = np.zeros(len(rows), dtype=np.float32)
    with torch.no_grad():
        for i in range(0, len(order), size):
            at = order[i : i + size]
            tokens = padded([rows.tokens[j] for j in at])
            result[at] = model(tokens, torch.tensor(rows.features[at])).numpy()
    return result


def calibrate(model, validation):
    """Fits scale and offsets to the validation rows, which no weight was fitted to."""
    p = np.clip(predict(model, validation), 1e-6, 1 - 1e-6)
    logit = torch.tensor(np.log(p / (1 - p)))
    label = torch.tensor(validation.label)
    passing = torch.tensor(validation.passing.astype(np.float32))
    theta = torch.tensor([1.0, 0.0, 0.0], requires_grad=True)
    optimiser = torch.optim.LBFGS([theta], max_iter=100, line_search_fn="strong_wolfe")

    def closure():
        optimiser.zero_grad()
        logits = theta[0] * logit + theta[1] + theta[2] * passing
        # A little pull towards no change: there are few validation problems.
        change = theta - torch.tensor([1.0, 0.0, 0.0])
        loss = cross_entropy(logits, label) + 1e-3 * (change**2).sum()
        loss.backward()
        return loss

    optimiser.step(closure)
    model.calibration.copy_(theta.detach())
