"""Writes probes.json: scikit-learn's optima of linear probes, on features that probes.test.ts draws again by the same rule.

python -m venv venv && venv/bin/pip install scikit-learn==1.9.1 && venv/bin/python make_probes.py
"""

import json
import warnings
from pathlib import Path

import numpy as np
import sklearn
from make_sklearn import Draws
from sklearn.linear_model import LogisticRegression, Ridge

warnings.filterwarnings("ignore")


def problem(seed, rows, dim, classes, spread):
    """Training rows, then as many test rows: noise around a centre a class."""
    draws = Draws(seed)
    centres = np.array([[draws.unit() - 0.5 for _ in range(dim)] for _ in range(classes)])
    labels = np.array([draws.below(classes) for _ in range(2 * rows)])
    noise = np.array([[draws.unit() - 0.5 for _ in range(dim)] for _ in range(2 * rows)])
    many = np.array([[(-1, -1, -1, 1, 0)[draws.below(5)] for _ in range(classes)] for _ in range(rows)])
    x = (noise + spread * centres[labels]).astype(np.float32).astype(float)
    return x[:rows], labels[:rows], x[rows:], many


def softmax(x, y, test, l2):
    """The lower of two solvers' objectives: at 1e-6 either may stop early."""
    fits = []
    for solver, steps in (("newton-cg", 1000), ("lbfgs", 20000)):
        model = LogisticRegression(C=1 / l2, tol=1e-10, max_iter=steps, solver=solver).fit(x, y)
        z = x @ model.coef_.T + model.intercept_
        z -= z.max(1, keepdims=True)
        loss = (np.log(np.exp(z).sum(1)) - z[np.arange(len(y)), y]).sum()
        fits.append((loss + l2 / 2 * (model.coef_**2).sum(), model.predict(test).tolist()))
    return min(fits)


def one_vs_rest(x, many, l2):
    """Sum over classes, of the rows that are not difficult."""
    total = 0
    for c in range(many.shape[1]):
        kept = many[:, c] != 0
        model = LogisticRegression(C=1 / l2, tol=1e-10, max_iter=20000, solver="newton-cg").fit(x[kept], many[kept, c])
        margins = many[kept, c] * (x[kept] @ model.coef_[0] + model.intercept_)
        total += np.logaddexp(0, -margins).sum() + l2 / 2 * (model.coef_**2).sum()
    return total


cases = []
for seed, (rows, dim, classes, spread) in enumerate(
    [(120, 10, 3, 1), (200, 40, 5, 0.3), (80, 200, 4, 0.5), (300, 12, 10, 0.5), (600, 64, 20, 0.7)], start=1
):
    x, y, test, many = problem(seed, rows, dim, classes, spread)
    case = {"rows": rows, "dim": dim, "classes": classes, "spread": spread, "softmax": [], "ridge": [], "oneVsRest": []}
    for l2 in (1e-6, 1, 1e5):
        objective, predicted = softmax(x, y, test, l2)
        case["softmax"].append({"l2": l2, "objective": objective, "predicted": predicted})
    for l2 in (0.01, 1, 100):
        case["oneVsRest"].append({"l2": l2, "objective": one_vs_rest(x, many, l2)})
        scores = Ridge(alpha=l2, solver="cholesky").fit(x, 2 * np.eye(classes)[y] - 1).predict(test)
        case["ridge"].append({"l2": l2, "scores": [round(v, 6) for v in scores[:20].ravel().tolist()]})
    cases.append(case)
    print(rows, dim, classes, [s["objective"] for s in case["softmax"]])

header = {"source": f"make_probes.py, scikit-learn {sklearn.__version__}: case i is drawn from seed i + 1"}
Path(__file__).with_name("probes.json").write_text(json.dumps({**header, "cases": cases}, separators=(",", ":")) + "\n")
