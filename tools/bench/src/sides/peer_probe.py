"""scikit-learn's side of probe. Argument: {folder, dim, classes, l2, fits} as JSON. Prints Measured."""
import json
import os
import sys
import time

import numpy as np
from peak_memory import peak_mb
from sklearn.linear_model import LogisticRegression

a = json.loads(sys.argv[1])
x = np.fromfile(os.path.join(a['folder'], 'features.f32'), np.float32).reshape(-1, a['dim'])
y = np.fromfile(os.path.join(a['folder'], 'labels.i32'), np.int32)
seconds = []
for _ in range(a['fits']):
    # Its own tolerance, and iterations enough to reach it.
    model = LogisticRegression(C=1 / a['l2'], max_iter=1000)
    started = time.perf_counter()
    model.fit(x, y)
    seconds.append(time.perf_counter() - started)
rss = peak_mb()
z = (x @ model.coef_.T + model.intercept_).astype(np.float64)
z -= z.max(1, keepdims=True)
loss = np.log(np.exp(z).sum(1)) - z[np.arange(len(y)), y]
objective = loss.sum() + a['l2'] / 2 * np.square(model.coef_.astype(np.float64)).sum()
print(json.dumps({'seconds': seconds, 'rssMB': rss, 'objective': float(objective), 'iterations': int(model.n_iter_[0])}))
