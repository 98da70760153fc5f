"""Logs a run with MLflow's Python client as run-contract.ts does with ours, then prints both as that client reads them."""

import json
import sys

import mlflow
from mlflow import MlflowClient
from mlflow.entities import Dataset, DatasetInput, InputTag, LoggedModelOutput

uri, experiment = sys.argv[1:]
mlflow.set_tracking_uri(uri)
experiment_id = mlflow.set_experiment(experiment).experiment_id
client = MlflowClient(uri)

with mlflow.start_run(run_name="parent"):
    with mlflow.start_run(run_name="python", nested=True, tags={"own": "größe"}) as run:
        run_id = run.info.run_id
        mlflow.log_params({"lr": 0.1, "nesterov": "true", "depth": 18})
        dataset = Dataset("digits", "0123", "http", json.dumps({"url": "https://host/x.zip"}), profile=json.dumps({"num_rows": 9}))
        client.log_inputs(run_id, [DatasetInput(dataset, [InputTag("mlflow.data.context", "training")])])
        for step in range(3):
            mlflow.log_metrics({"loss": 1 / (step + 1), "nan": float("nan")}, step=step)
        mlflow.log_metric("accuracy", 0.5)
        mlflow.log_metric("accuracy", 0.75)
        mlflow.set_tag("team", "a")
        mlflow.log_text("größe", "notes/a.txt")
        mlflow.log_dict({"lr": 0.1, "list": [1, 2]}, "config.json")
        mlflow.log_table({"image": [7, 8], "label": ["cat", "dog"]}, "mistakes.json")
        model = client.create_logged_model(
            experiment_id, name="encoder", source_run_id=run_id, tags={"digest": "abc"}, params={"dim": "512"}, model_type="encoder"
        )
        client.finalize_logged_model(model.model_id, "READY")
        client.log_outputs(run_id, [LoggedModelOutput(model.model_id, 2)])
        client.log_metric(run_id, "top1", 0.9, step=2, model_id=model.model_id, dataset_name="digits", dataset_digest="0123")


def files(run_id, path=None):
    for file in client.list_artifacts(run_id, path):
        yield from files(run_id, file.path) if file.is_dir else [file.path]


def read(run):
    info, data = run.info, run.data
    parent = data.tags.get("mlflow.parentRunId")
    texts = {path: mlflow.artifacts.load_text(f"{info.artifact_uri}/{path}") for path in sorted(files(info.run_id))}
    models = [(client.get_logged_model(one.model_id), one.step) for one in run.outputs.model_outputs] if run.outputs else []
    return {
        "status": info.status,
        "ended": info.end_time is not None,
        "parent": parent and client.get_run(parent).info.run_name,
        "params": data.params,
        "tags": {key: value for key, value in data.tags.items() if key not in ("mlflow.parentRunId", "mlflow.runName")},
        "history": {
            key: [[point.step, repr(point.value)] for point in client.get_metric_history(info.run_id, key)]
            for key in data.metrics
        },
        "inputs": [
            [one.dataset.name, one.dataset.digest, one.dataset.source_type, json.loads(one.dataset.source),
             json.loads(one.dataset.profile), [[tag.key, tag.value] for tag in one.tags]]
            for one in run.inputs.dataset_inputs
        ],
        "texts": {path: json.loads(text) if path.endswith(".json") else text for path, text in texts.items()},
        "models": [
            {
                "name": model.name,
                "type": model.model_type,
                "status": str(model.status),
                "own": model.source_run_id == info.run_id,
                "params": model.params,
                "tags": model.tags,
                "metrics": [[m.key, m.value, m.step, m.dataset_name, m.dataset_digest] for m in model.metrics or []],
                "step": step,
            }
            for model, step in models
        ],
    }


print(json.dumps({run.info.run_name: read(run) for run in client.search_runs([experiment_id])}))
