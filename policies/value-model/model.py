"""The network: a bag of hashed tokens beside the numbers, several members in one graph."""

import math

import torch
from torch import nn


class Member(nn.Module):
    """One network of the ensemble, without its embeddings."""

    def __init__(self, dimension, features, hidden, dropout):
        super().__init__()
        self.numbers = nn.Sequential(nn.Linear(features, hidden), nn.ReLU(), nn.Dropout(dropout))
        self.words = nn.Sequential(nn.Linear(dimension, hidden), nn.ReLU(), nn.Dropout(dropout))
        self.joint = nn.Sequential(
            nn.Linear(2 * hidden, hidden // 2), nn.ReLU(), nn.Dropout(dropout), nn.Linear(hidden // 2, 1)
        )
        self.direct = nn.Linear(features, 1)

    def forward(self, bag, features):
        joint = torch.cat([self.words(bag), self.numbers(features)], -1)
        return self.joint(joint).squeeze(-1) + self.direct(features).squeeze(-1)


class ValueModel(nn.Module):
    """tokens [batch, length] (0 is padding), features [batch, F] -> probability [batch].

    The bag is the mean of the tokens' embeddings; padding adds nothing to it. The calibration (Platt 1999,
    with offsets of their own for programs that pass all visible tests, and for thoughts without a program) is
    part of the graph.
    """

    def __init__(self, buckets, dimension, features, members, hidden, dropout, passed_all, unwritten):
        super().__init__()
        self.dimension = dimension
        self.passed_all = passed_all
        self.unwritten = unwritten
        self.embedding = nn.Embedding(buckets, dimension * members)
        nn.init.normal_(self.embedding.weight, std=0.1)
        self.members = nn.ModuleList(
            Member(dimension, features, hidden, dropout) for _ in range(members)
        )
        self.register_buffer("mean", torch.zeros(features))
        self.register_buffer("deviation", torch.ones(features))
        self.register_buffer("calibration", torch.tensor([1.0, 0.0, 0.0, 0.0]))

    def logits(self, tokens, features, keep=1.0):
        """The members' logits [members, batch]. In training a part of the tokens is left out."""
        mask = (tokens > 0).to(torch.float32)
        if keep < 1.0:
            mask = mask * (torch.rand_like(mask) < keep)
        count = mask.sum(1, keepdim=True).clamp(min=1.0)
        # Rows of the mask times rows of embeddings: one product in place of a large masked sum.
        bag = torch.matmul(mask.unsqueeze(1), self.embedding(tokens)).squeeze(1) / count
        numbers = ((features - self.mean) / self.deviation).clamp(-4.0, 4.0)
        parts = bag.split(self.dimension, dim=1)
        return torch.stack([m(part, numbers) for m, part in zip(self.members, parts)])

    def forward(self, tokens, features):
        logit = self.logits(tokens, features).mean(0)
        a, b, c, d = (self.calibration[i] for i in range(4))
        offset = b + c * features[:, self.passed_all] + d * features[:, self.unwritten]
        return torch.sigmoid(a * logit + offset)


def padded(tokens):
    """A batch of token lists as one tensor, trimmed to its longest."""
    longest = max(len(t) for t in tokens)
    batch = torch.zeros(len(tokens), longest, dtype=torch.int64)
    for row, ids in zip(batch, tokens):
        row[: len(ids)] = torch.as_tensor(ids)
    return batch


def count(model):
    return sum(math.prod(p.shape) for p in model.parameters())
