"""Logs a run with MLflow's Python client, then prints all runs of an experiment as that client reads them (JSON)."""

import json
import sys

import mlflow
from mlflow import MlflowClient
from mlflow.entities import Dataset, DatasetInput, InputTag, Metric, Param, RunTag

uri, experiment = sys.argv[1:]
client = MlflowClient(uri)
experiment_id = client.get_experiment_by_name(experiment).experiment_id

run_id = client.create_run(experiment_id, run_name="python", start_time=1).info.run_id
loss = [Metric("loss", 1 / (step + 1), 1000 + step, step) for step in range(20)]
special = [Metric("nan", float("nan"), 1, 0), Metric("inf", float("-inf"), 1, 0)]
params = [Param("lr", "0.1"), Param("nesterov", "true"), Param("long", "x" * 7000)]
tags = [RunTag("note", "größe 😀"), RunTag("mlflow.loggedImages", "True")]
client.log_batch(run_id, metrics=loss + special, params=params, tags=tags)
client.log_text(run_id, "<p>größe", "a b/report.html")
source = json.dumps({"url": "https://host/x.zip"})
dataset = Dataset("fashion", "0123456789", "http", source, profile=json.dumps({"num_rows": 60000}))
client.log_inputs(run_id, [DatasetInput(dataset, [InputTag("mlflow.data.context", "training")])])
client.set_terminated(run_id, "FINISHED")


def files(run_id, path=None):
    for file in client.list_artifacts(run_id, path):
        yield from files(run_id, file.path) if file.is_dir else [[file.path, file.file_size]]


def read(run):
    run_id, metrics = run.info.run_id, run.data.metrics
    artifacts = list(files(run_id))
    inputs = [(one.dataset.to_dictionary(), [[tag.key, tag.value] for tag in one.tags]) for one in run.inputs.dataset_inputs]
    return {
        "id": run_id,
        "status": run.info.status,
        "ended": run.info.end_time is not None,
        "params": run.data.params,
        "tags": run.data.tags,
        "metrics": {key: repr(value) for key, value in metrics.items()},
        "history": {key: [[m.step, repr(m.value)] for m in client.get_metric_history(run_id, key)] for key in metrics},
        "artifacts": artifacts,
        "inputs": [[{**d, "source": json.loads(d["source"]), "profile": json.loads(d["profile"])}, t] for d, t in inputs],
        "report": mlflow.artifacts.load_text(f"{run.info.artifact_uri}/a b/report.html") if artifacts else None,
    }


print(json.dumps({run.info.run_name: read(run) for run in client.search_runs([experiment_id])}))
