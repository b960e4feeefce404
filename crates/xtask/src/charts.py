"""Loads, lints and renders the chart in each of its shapes, and validates every manifest."""

import sys

import helm_python as helm
import kubernetes_validate
import yaml

KUBERNETES = "1.30"
SECRETS = {"database": {"existingSecret": "yishi-database"}, "keys": {"existingSecret": "yishi-keys"}}
# The shapes that an operator can give it, each with the kinds that must come out.
SHAPES = {
    "default": (SECRETS, {"Deployment": 1, "Service": 1, "ServiceAccount": 1, "Job": 1}),
    "full": (
        SECRETS
        | {
            "replicaCount": 3,
            "worker": {"enabled": True},
            "ingress": {"enabled": True, "hosts": ["yishi.example"], "tlsSecret": "yishi-tls"},
            "podDisruptionBudget": {"enabled": True},
            "otlp": {"endpoint": "http://collector:4318"},
            "configuration": {"log": "info"},
        },
        {
            "Deployment": 2,
            "Service": 1,
            "ServiceAccount": 1,
            "Job": 1,
            "Ingress": 1,
            "PodDisruptionBudget": 1,
            "ConfigMap": 1,
        },
    ),
    "bare": (
        SECRETS | {"serviceAccount": {"create": False}, "migrations": {"enabled": False}},
        {"Deployment": 1, "Service": 1},
    ),
}
# What the schema must refuse.
REFUSED = {
    "without a database": {"keys": SECRETS["keys"]},
    "without keys": {"database": SECRETS["database"]},
    "an unknown value": SECRETS | {"replicas": 2},
    "no replicas": SECRETS | {"replicaCount": 0},
    "an ingress without a host": SECRETS | {"ingress": {"enabled": True}},
}


def refused(chart, values):
    """Tells whether the chart's schema refuses the values."""
    try:
        chart.validate_schema(values)
    except helm.HelmError:
        return True
    return False


def problems(folder):
    """Yields each thing that is wrong with the chart."""
    with helm.Chart.load(folder) as chart:
        for why, values in REFUSED.items():
            if not refused(chart, values):
                yield f"schema: accepts {why}"
        for name, (values, expected) in SHAPES.items():
            report = helm.lint(folder, values, strict=True)
            for message in report["messages"]:
                if message["severity"] >= 2:
                    yield f"{name}: lint: {message['path']}: {message['error']}"
            yield from (f"{name}: lint: {error}" for error in report["errors"])
            chart.validate_schema(values)
            counted = {}
            for template, text in chart.render(values, name="demo", namespace="deliberation").items():
                if not template.endswith((".yaml", ".yml")):
                    continue
                for manifest in filter(None, yaml.safe_load_all(text)):
                    counted[manifest["kind"]] = counted.get(manifest["kind"], 0) + 1
                    try:
                        kubernetes_validate.validate(manifest, KUBERNETES, strict=True)
                    except kubernetes_validate.ValidationError as error:
                        yield f"{name}: {template}: {error.path}: {error.message}"
            if counted != expected:
                yield f"{name}: rendered {counted}, not {expected}"
            print(f"{name}: {sum(counted.values())} manifests")


found = list(problems(sys.argv[1]))
print(*found, sep="\n", end="\n" if found else "")
sys.exit(1 if found else 0)
