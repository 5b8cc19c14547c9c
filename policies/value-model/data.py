"""Rows that `cargo run --release --example value_data` exported."""

import json
from dataclasses import dataclass

import numpy as np

PARTS = 20
TEST = 5
VALIDATION = 3
# The source of programs that no language model wrote.
OWN = "own searches"


@dataclass
class Rows:
    """Columns of rows; `take` makes a part of them."""

    tokens: list  # of arrays of ids
    features: np.ndarray  # [n, F]
    label: np.ndarray  # what the model learns: right, or reached where the visible tests failed
    right: np.ndarray
    passing: np.ndarray  # every visible test passed, of a program that is shown
    written: np.ndarray  # false of a thought that is shown without the program that came of it
    source: np.ndarray
    problem: np.ndarray
    group: np.ndarray
    part: np.ndarray
    split: np.ndarray

    def __len__(self):
        return len(self.label)

    def take(self, chosen):
        index = np.flatnonzero(chosen)
        return Rows(
            [self.tokens[i] for i in index],
            *(getattr(self, name)[index] for name in list(self.__dataclass_fields__)[1:]),
        )

    def and_also(self, other):
        names = list(self.__dataclass_fields__)[1:]
        columns = [np.concatenate([getattr(self, n), getattr(other, n)]) for n in names]
        return Rows(self.tokens + other.tokens, *columns)

    def weights(self):
        """Each problem of a source counts by the root of its rows, so that none outweighs all others."""
        kind = np.where(self.written, self.source, "thoughts of " + self.source)
        names = np.char.add(np.char.add(kind.astype(str), "|"), self.problem.astype(str))
        _, inverse, counts = np.unique(names, return_inverse=True, return_counts=True)
        weights = 1.0 / np.sqrt(counts[inverse])
        return (weights / weights.mean()).astype(np.float32)


def read(path):
    """The header's encoding, and the rows."""
    with open(path, encoding="utf-8") as file:
        header = json.loads(next(file))
        if header.get("cogitree_value_data") != 2:
            raise SystemExit(f"{path}: is no export of version 2; export it anew")
        rows = [json.loads(line) for line in file]
    encoding = header["encoding"]
    column = lambda name, kind: np.array([row[name] for row in rows], dtype=kind)
    right = column("right", np.float32)
    passing = column("passes_visible", bool)
    written = column("written", bool)
    # Of a program that fails a visible test the question is whether it can be repaired: where
    # attempts at it were recorded they answer, else it counts as it is.
    reached = np.array(
        [row["right"] if row["reached"] is None else row["reached"] for row in rows], np.float32
    )
    result = Rows(
        [np.array(row["tokens"], dtype=np.int64) for row in rows],
        column("features", np.float32),
        np.where(passing, right, reached).astype(np.float32),
        right,
        passing & written,
        written,
        column("source", object),
        column("problem", object),
        column("group", np.int64),
        column("part", np.int64),
        column("split", object),
    )
    check(result, encoding)
    return encoding, result


def check(rows, encoding):
    """No group of problems is in two splits, and every number is one."""
    for name in ("part", "split"):
        pairs = set(zip(rows.group.tolist(), getattr(rows, name).tolist()))
        if len(pairs) != len(set(rows.group.tolist())):
            raise SystemExit(f"a group of problems is in two of `{name}`: export the rows anew")
    if rows.features.shape[1] != len(encoding["features"]) or not np.isfinite(rows.features).all():
        raise SystemExit("`features` is not what the header says: export the rows anew")


def fold(rows, number, folds=PARTS // TEST):
    """Train, validation and test rows of one of four folds. The first is the split of the export:
    its test rows are those that the committed model is measured on."""
    shifted = (rows.part - number * TEST) % PARTS
    test = shifted < TEST
    validation = (shifted >= TEST) & (shifted < TEST + VALIDATION)
    if number == 0:
        assert (test == (rows.split == "test")).all()
    return rows.take(~test & ~validation), rows.take(validation), rows.take(test)
