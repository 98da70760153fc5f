"""A linear evaluation again by scikit-learn: the same features, split and strength, from the folders of two stages.

    pip install scikit-learn pyarrow
    python tools/evaluate/src/scikit_learn.py pipelines/evaluate-x/out/features/<task>/data pipelines/evaluate-x/out/transfer/<task>/data

It says both scores of each kind of features, and ends with 1 where they differ by more than a tenth of a point. The objective is
ours by default: the sum of the losses + λ/2 ‖W‖² of features that are centred and brought to a mean variance of 1 (one scale for all).
"""

import json
import sys
from pathlib import Path

import numpy as np
import pyarrow as pa
from sklearn.linear_model import LogisticRegression


def read(path):
    table = pa.ipc.open_stream(pa.memory_map(str(path))).read_all()
    labels = table['label'].to_numpy()
    features = table['feature'].combine_chunks().flatten().to_numpy()
    return features.reshape(len(labels), -1), labels


def per_class(predicted, labels):
    return np.mean([np.mean(predicted[labels == c] == c) for c in np.unique(labels)])


def main(features, results):
    folder = Path(features)
    rows = json.loads((Path(results) / 'results.json').read_text())['rows']
    worst = 0
    for row in rows:
        if row['protocol'] != 'linear' or row['labelFraction'] != 1:
            continue
        kind = folder / 'features' / row['features']
        parts = [read(kind / f'{split}.arrow') for split in ('train', 'validation') if (kind / f'{split}.arrow').exists()]
        x, y = (np.concatenate(part) for part in zip(*parts))
        test, labels = read(kind / 'test.arrow')
        x, test = x.astype(np.float64), test.astype(np.float64)
        mean, scale = x.mean(0), np.sqrt(x.var(0).mean())
        l2 = row['choice']['l2']
        model = LogisticRegression(C=1 / l2, tol=1e-6, max_iter=20_000).fit((x - mean) / scale, y)
        predicted = model.predict((test - mean) / scale)
        score = per_class(predicted, labels) if row['metric'] == 'mean-per-class' else np.mean(predicted == labels)
        print(f"{row['dataset']}, {row['features']}, {row['metric']}, λ {l2:.4g}: {100 * row['score']:.3f} % here, {100 * score:.3f} % by scikit-learn")
        worst = max(worst, abs(row['score'] - score))
    return int(worst > 1e-3)


if __name__ == '__main__':
    sys.exit(main(*sys.argv[1:]))
