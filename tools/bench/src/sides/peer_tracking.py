"""MLflow's Python client: one run, points logged in one of its three ways. Argument: JSON {trackingUri, how, points}."""

import json
import os
import sys
import time

from peak_memory import peak_mb

args = json.loads(sys.argv[1])
os.environ["MLFLOW_DISABLE_TELEMETRY"] = "true"
os.environ["MLFLOW_TRACKING_URI"] = args["trackingUri"]

import mlflow
from mlflow.entities import Metric

client = mlflow.MlflowClient()
mlflow.set_experiment("bench")
how, points = args["how"], args["points"]
calls = []
with mlflow.start_run(run_name=how) as run:
    run_id = run.info.run_id
    mlflow.log_metric("warm-up", 0, step=0)
    begun = time.perf_counter()
    if how == "log_batch":
        for first in range(0, points, 1000):
            before = time.perf_counter()
            steps = range(first, min(points, first + 1000))
            client.log_batch(run_id, [Metric("loss", 1 / (step + 1), int(time.time() * 1000), step) for step in steps])
            calls.append(time.perf_counter() - before)
    else:
        for step in range(points):
            before = time.perf_counter()
            mlflow.log_metric("loss", 1 / (step + 1), step=step, synchronous=how == "sync")
            calls.append(time.perf_counter() - before)
        if how == "async":
            mlflow.flush_async_logging()
    seconds = time.perf_counter() - begun
calls.sort()
at = lambda share: calls[min(len(calls) - 1, int(share * len(calls)))] * 1e6
print(json.dumps({"seconds": [seconds], "rssMB": peak_mb(), "points": points, "p50": at(0.5), "p99": at(0.99)}))
