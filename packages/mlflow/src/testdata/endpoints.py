"""Prints what MLflow's server serves of experiments, runs, metrics, artifacts, models and the registry: JSON of
{service.method: [[HTTP method, path], …]}, of MLflow's own definitions."""

import json
import re

from mlflow.protos import databricks_pb2, mlflow_artifacts_pb2, model_registry_pb2, service_pb2

OURS = re.compile(r"/mlflow(-artifacts)?/(experiments|runs|metrics|artifacts|mpu|presigned|logged-models|registered-models|model-versions)\b")

served = {}
for module in (service_pb2, model_registry_pb2, mlflow_artifacts_pb2):
    for service in module.DESCRIPTOR.services_by_name.values():
        for method in service.methods:
            endpoints = method.GetOptions().Extensions[databricks_pb2.rpc].endpoints
            paths = [[one.method, "/" + one.path.lstrip("/")] for one in endpoints]
            if any(OURS.match(path) for _, path in paths):
                served[f"{service.name}.{method.name}"] = paths
print(json.dumps(served))
