"""scikit-learn's side of probe. Argument: {folder, dim, classes, l2s, fits} as JSON. Prints Measured.

With PATCHED=1 it is scikit-learn patched by scikit-learn-intelex.
"""
import json
import os
import sys
import time
import warnings

import numpy as np
from peak_memory import peak_mb

if os.environ.get('PATCHED'):
    from sklearnex import patch_sklearn

    patch_sklearn(verbose=False)
from sklearn.exceptions import ConvergenceWarning
from sklearn.linear_model import LogisticRegression

# At its weakest strengths it stops at max_iter: the objectives say how far it came.
warnings.simplefilter('ignore', ConvergenceWarning)
a = json.loads(sys.argv[1])
x = np.fromfile(os.path.join(a['folder'], 'features.f32'), np.float32).reshape(-1, a['dim'])
y = np.fromfile(os.path.join(a['folder'], 'labels.i32'), np.int32)


def objective(model, l2):
    z = (x @ model.coef_.T + model.intercept_).astype(np.float64)
    z -= z.max(1, keepdims=True)
    loss = np.log(np.exp(z).sum(1)) - z[np.arange(len(y)), y]
    return float(loss.sum() + l2 / 2 * np.square(model.coef_.astype(np.float64)).sum())


seconds, objectives, iterations = [], [], []
for _ in range(a['fits']):
    # Its own tolerance, and iterations enough to reach it.
    model = LogisticRegression(max_iter=1000, warm_start=len(a['l2s']) > 1)
    objectives, iterations, spent = [], [], 0.0
    for l2 in a['l2s']:
        model.set_params(C=1 / l2)
        started = time.perf_counter()
        model.fit(x, y)
        spent += time.perf_counter() - started
        objectives.append(objective(model, l2))
        iterations.append(int(model.n_iter_[0]))
    seconds.append(spent)
print(json.dumps({'seconds': seconds, 'rssMB': peak_mb(), 'objectives': objectives, 'iterations': iterations}))
