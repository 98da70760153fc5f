"""Writes metrics-golden.json beside it: metrics of 1,000 cases by scikit-learn 1.9.1 and, for VOC's rule, in exact fractions.

Cases are drawn by a generator that metrics-golden.test.ts has too (Lehmer's, modulus 2**31 - 1), so that outputs alone are stored:
accuracy, balanced accuracy, top-2 (null where scores tie), 11-point AP by class (null without a positive).
Run: python make_metrics.py (needs numpy and scikit-learn).
"""
import json
import pathlib
import warnings
from fractions import Fraction

import numpy as np
from sklearn.metrics import accuracy_score, balanced_accuracy_score, top_k_accuracy_score

warnings.simplefilter('ignore')


def draws(seed):
    state = seed + 1
    while True:
        state = state * 16807 % 2147483647
        yield state


def voc_ap(scores, labels):
    kept = [i for i in range(len(labels)) if labels[i] != 0]
    ranked = sorted(kept, key=lambda i: -scores[i])
    positives = sum(labels[i] == 1 for i in ranked)
    if positives == 0:
        return None
    found, points = 0, []
    for rank, i in enumerate(ranked, 1):
        found += labels[i] == 1
        points.append((Fraction(int(found), int(positives)), Fraction(int(found), rank)))
    best = [max([p for r, p in points if r >= Fraction(t, 10)], default=Fraction(0)) for t in range(11)]
    return float(sum(best) / 11)


def case(seed):
    random = draws(seed)
    rows, classes = 5 + seed % 40, 3 + seed % 6
    # Every other case has few values, so that scores tie.
    levels = 7 if seed % 2 else 1000003
    scores = np.array([next(random) % levels for _ in range(rows * classes)]).reshape(rows, classes)
    labels = np.array([next(random) % classes for _ in range(rows)])
    signs = np.array([next(random) % 3 - 1 for _ in range(rows * classes)]).reshape(rows, classes)
    predicted = scores.argmax(1)
    top2 = None if seed % 2 else top_k_accuracy_score(labels, scores, k=2, labels=range(classes))
    return [
        accuracy_score(labels, predicted),
        balanced_accuracy_score(labels, predicted),
        top2,
        [voc_ap(scores[:, c], signs[:, c]) for c in range(classes)],
    ]


out = pathlib.Path(__file__).with_name('metrics-golden.json')
out.write_text('[\n' + ',\n'.join(json.dumps(case(seed)) for seed in range(1000)) + '\n]\n')
