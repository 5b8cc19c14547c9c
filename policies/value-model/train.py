"""Trains the default value model, measures it, and writes it.

    pip install -r requirements.txt
    cargo run --release --example value_data -- DATA --out rows.jsonl --cache reports.jsonl
    python policies/value-model/train.py rows.jsonl

Writes cogitree-value.onnx, cogitree-value.json, reliability.svg and the tables of MODEL_CARD.md beside
this file. The same rows and seed give the same model on the same machine. Nothing is chosen on test
rows: when to stop, calibration and settings go by what members say of problems that they left out.
"""

import argparse
import sys
import time
from pathlib import Path

import numpy as np
import torch

import baselines
import data
import export
import fit
import model as network
import plot
from measures import auc, auc_within, ece, interval, log_loss, loss_of, ranked

HERE = Path(__file__).resolve().parent
FOLDS = 4


def main():
    parser = argparse.ArgumentParser(description="Train the default value model.")
    parser.add_argument("rows", type=Path, help="what the example value_data exported")
    parser.add_argument("--out", type=Path, default=HERE, help="folder of what is written")
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--seeds", type=int, default=3, help="trainings that state the noise")
    parser.add_argument("--folds", type=int, default=FOLDS, choices=range(1, FOLDS + 1))
    parser.add_argument(
        "--fold-models", type=Path, help="also write the model of every fold, with the problems that it never saw"
    )
    parser.add_argument("--threads", type=int, default=2)
    args = parser.parse_args()
    torch.set_num_threads(args.threads)
    torch.use_deterministic_algorithms(True)
    started = time.time()
    encoding, rows = data.read(args.rows)
    settings = fit.Settings()
    print(f"{len(rows)} rows ({(~rows.written).sum()} of thoughts alone), {len(set(rows.problem))} problems, {len(set(rows.group))} groups")

    folds, thoughts = [], []
    for number in range(args.folds):
        part = data.fold(rows, number)
        print(f"fold {number + 1}: {', '.join(str(len(p)) for p in part)} rows")
        trained = fit.train(part[0].and_also(part[1]), encoding, settings, args.seed)
        if number == 0:
            committed, held_out = trained, part[2]
            calibration = trained.calibration.tolist()
        folds.append(scores(trained, part, encoding, lambda rows: rows.written))
        thoughts.append(scores(trained, part, encoding, lambda rows: ~rows.written))
        if args.fold_models:
            args.fold_models.mkdir(parents=True, exist_ok=True)
            path = args.fold_models / f"fold-{number + 1}"
            export.write(trained, encoding, part[2], path)
            problems = "\n".join(sorted(set(part[2].problem)))
            path.with_suffix(".txt").write_text(f"{problems}\n", encoding="utf-8")
    test, found = together(folds)
    tables = [counted(rows), compared("All folds", test, found), per_source(test, found["model"])]
    tables.append(foreseen(*together(thoughts)))
    tables.append(compared("The committed model on its test problems", *folds[0]))
    tables.append(noise(rows, encoding, settings, args, committed))
    tables.append(
        f"Parameters: {network.count(committed)}. Calibration: {[round(c, 3) for c in calibration]}."
    )

    args.out.mkdir(parents=True, exist_ok=True)
    export.write(committed, encoding, held_out, args.out / "cogitree-value")
    p = found["model"]
    curves = [
        ("all", "#1f77b4", test.label, p),
        ("pass the visible tests", "#d62728", test.label[test.passing], p[test.passing]),
        ("fail a visible test", "#2ca02c", test.label[~test.passing], p[~test.passing]),
    ]
    plot.reliability(curves, args.out / "reliability.svg")
    text = "\n\n".join(tables)
    print(f"\n{text}\n\n{time.time() - started:.0f} s")
    into_card(args.out / "MODEL_CARD.md", text)


def scores(trained, part, encoding, kind):
    """The test rows of a kind, and their probabilities by the model and by each baseline, which are fitted
    to that kind alone."""
    names = encoding["features"]
    part = [rows.take(kind(rows)) for rows in part]
    found = {
        name: np.asarray(predict(part[2]), dtype=np.float64)
        for name, predict in baselines.all_of(part[0], part[1], names).items()
    }
    found["model"] = fit.predict(trained, part[2]).astype(np.float64)
    return part[2], found


def together(folds):
    """The test rows of all folds as one: every problem is held out once."""
    rows, found = folds[0]
    for test, more in folds[1:]:
        rows = rows.and_also(test)
        found = {name: np.concatenate([p, more[name]]) for name, p in found.items()}
    return rows, found


def counted(rows):
    rows = rows.take(rows.written)
    lines = ["| source | problems | programs | right | pass the visible tests | right of those |"]
    lines.append("|---|---|---|---|---|---|")
    for source in [*sorted(set(rows.source)), None]:
        of = rows.take(rows.source == source) if source else rows
        passing = of.right[of.passing]
        lines.append(
            f"| {source or 'all'} | {len(set(of.problem))} | {len(of)} | {of.right.mean():.1%} "
            f"| {of.passing.mean():.1%} | {passing.mean() if len(passing) else 0:.1%} |"
        )
    return "\n".join(lines)


def compared(title, test, found):
    lines = []
    for name, chosen in (
        ("all programs", np.ones(len(test), bool)),
        ("programs that pass all visible tests", test.passing),
        ("of these those of language models", test.passing & (test.source != data.OWN)),
        ("of these those of our own searches", test.passing & (test.source == data.OWN)),
        ("programs that fail a visible test", ~test.passing),
    ):
        if not chosen.any():
            continue
        label, group, problem = test.label[chosen], test.group[chosen], test.problem[chosen]
        lines.append(f"**{title}: {name}** ({len(label)} of {len(set(problem))} problems)\n")
        lines.append("| | AUC | AUC within problems | log-loss | ECE |\n|---|---|---|---|---|")
        for which, p in found.items():
            p = p[chosen]
            cells = [
                cell(group, ranked(label, p)),
                f"{auc_within(label, p, problem):.3f}",
                cell(group, loss_of(label, p)),
                f"{ece(label, p):.3f}",
            ]
            lines.append(f"| {which} | {' | '.join(cells)} |")
        best, ours = found["logistic"][chosen], found["model"][chosen]
        gain = difference(ranked(label, ours), ranked(label, best))
        less = difference(loss_of(label, best), loss_of(label, ours))
        lines.append(
            f"\nOver the logistic model: AUC {cell(group, gain, '+')}, log-loss lower by {cell(group, less, '+')}.\n"
        )
    return "\n".join(lines)


def foreseen(test, found):
    """How well thoughts alone are judged, before a program is written."""
    lines = [f"**All folds: thoughts alone** ({len(test)} of {len(set(test.problem))} problems)\n"]
    lines.append("| | AUC | AUC within problems | log-loss | ECE |\n|---|---|---|---|---|")
    for which in ("constant", "logistic", "model"):
        p = found[which]
        cells = [
            cell(test.group, ranked(test.label, p)),
            f"{auc_within(test.label, p, test.problem):.3f}",
            cell(test.group, loss_of(test.label, p)),
            f"{ece(test.label, p):.3f}",
        ]
        lines.append(f"| {which} | {' | '.join(cells)} |")
    return "\n".join(lines) + "\n"


def difference(one, other):
    return lambda weight: one(weight) - other(weight)


def cell(group, measure, sign=""):
    value, low, high = interval(group, measure)
    return f"{value:{sign}.3f} ({low:{sign}.3f} to {high:{sign}.3f})"


def per_source(test, p):
    lines = ["| source | programs | AUC | log-loss | ECE | AUC of those that pass |", "|---|---|---|---|---|---|"]
    for source in sorted(set(test.source)):
        of = test.source == source
        passing = of & test.passing
        lines.append(
            f"| {source} | {of.sum()} | {auc(test.label[of], p[of]):.3f} "
            f"| {log_loss(test.label[of], p[of]):.3f} | {ece(test.label[of], p[of]):.3f} "
            f"| {auc(test.label[passing], p[passing]):.3f} |"
        )
    return "**The model by source** (all folds)\n\n" + "\n".join(lines)


def noise(rows, encoding, settings, args, committed):
    """The first fold trained again with other seeds."""
    part = data.fold(rows, 0)
    known, test = part[0].and_also(part[1]), part[2].take(part[2].written)
    results = []
    for i in range(args.seeds):
        trained = committed if i == 0 else fit.train(known, encoding, settings, args.seed + i, say=lambda _: None)
        p = fit.predict(trained, test)
        passing = test.passing
        results.append(
            [auc(test.label, p), auc(test.label[passing], p[passing]), log_loss(test.label, p), ece(test.label, p)]
        )
    lines = ["| seed | AUC | AUC of those that pass | log-loss | ECE |", "|---|---|---|---|---|"]
    for i, result in enumerate(results):
        lines.append(f"| {args.seed + i} | " + " | ".join(f"{r:.4f}" for r in result) + " |")
    lines.append("| deviation | " + " | ".join(f"{d:.4f}" for d in np.std(results, 0)) + " |")
    return "**Trained again** (test problems of the committed model)\n\n" + "\n".join(lines)


def into_card(path, text):
    """The tables between the card's marks."""
    begin, end = "<!-- measured -->", "<!-- /measured -->"
    card = path.read_text(encoding="utf-8") if path.exists() else f"{begin}\n{end}\n"
    if begin not in card or end not in card:
        sys.exit(f"{path}: lacks the marks {begin} and {end}, between which the tables go")
    before, rest = card.split(begin, 1)
    after = rest.split(end, 1)[1]
    path.write_text(f"{before}{begin}\n{text}\n{end}{after}", encoding="utf-8")


if __name__ == "__main__":
    main()
