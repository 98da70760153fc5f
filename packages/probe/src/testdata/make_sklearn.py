"""Writes metrics.json: scikit-learn's metrics of 1,000 random cases, which metrics.test.ts draws again by the same rule.

python -m venv venv && venv/bin/pip install scikit-learn==1.9.1 && venv/bin/python make_sklearn.py
"""

import json
from pathlib import Path

import numpy as np
import sklearn
from sklearn import metrics


class Draws:
    """Numerical Recipes' linear congruential generator; the upper 24 bits."""

    def __init__(self, seed):
        self.state = seed

    def next(self):
        self.state = (1664525 * self.state + 1013904223) % 2**32
        return self.state >> 8

    def below(self, n):
        return self.next() % n

    def unit(self):
        return self.next() / 2**24


def eleven_point(scores, labels):
    """VOC's devkit over scikit-learn's curve: mean over recalls t of the largest precision at recall >= t."""
    kept = labels != 0
    if not (labels == 1).any():
        return None
    precision, recall, _ = metrics.precision_recall_curve(labels[kept] == 1, scores[kept])
    # The curve ends in a point (1, 0) that no threshold has.
    precision, recall = precision[:-1], recall[:-1]
    return sum(precision[recall >= t / 10 - 1e-9].max() for t in range(11)) / 11


def calibration(p, labels, bins=15):
    confidence, predicted = p.max(1), p.argmax(1)
    which = np.digitize(confidence, np.linspace(0, 1, bins + 1), right=True)
    parts = [which == b for b in range(bins + 2)]
    gaps = [abs((predicted == labels)[part].mean() - confidence[part].mean()) * part.mean() for part in parts if part.any()]
    return sum(gaps)


def case(seed):
    draws = Draws(seed)
    n, classes = 1 + draws.below(40), 2 + draws.below(9)
    labels = np.array([draws.below(classes) for _ in range(n)])
    scores = np.array([[draws.unit() for _ in range(classes)] for _ in range(n)])
    scores[np.arange(n), labels] += 0.25
    many = np.array([[(-1, -1, 1, 0)[draws.below(4)] for _ in range(classes)] for _ in range(n)])
    predicted = scores.argmax(1)
    p = np.exp(8 * scores) / np.exp(8 * scores).sum(1, keepdims=True)
    all_classes = list(range(classes))
    aps = [eleven_point(scores[:, c], many[:, c]) for c in range(classes)]
    known = [ap for ap in aps if ap is not None]
    top5 = metrics.top_k_accuracy_score(labels, scores, k=5, labels=all_classes) if classes > 5 else 1.0
    weights = np.arange(1, classes * classes + 1)
    return [
        metrics.accuracy_score(labels, predicted),
        top5,
        metrics.recall_score(labels, predicted, average="macro", labels=np.unique(labels), zero_division=0),
        sum(known) / len(known) if known else None,
        calibration(p, labels),
        metrics.log_loss(labels, p, labels=all_classes),
        # Its cells, weighted by where they are.
        int((metrics.confusion_matrix(labels, predicted, labels=all_classes).ravel() * weights).sum()),
    ]


if __name__ == "__main__":
    cases = [[None if v is None else round(float(v), 9) for v in case(seed)] for seed in range(1, 1001)]
    header = {
        "source": f"make_sklearn.py, scikit-learn {sklearn.__version__}: case i is drawn from seed i + 1",
        "columns": ["top-1", "top-5", "mean per class", "11-point mAP", "ECE (15 bins)", "mean log loss", "confusion"],
    }
    out = Path(__file__).with_name("metrics.json")
    out.write_text(json.dumps({**header, "cases": cases}, separators=(",", ":")) + "\n")
