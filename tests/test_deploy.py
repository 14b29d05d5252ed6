"""What `deploy/` promises, as far as it shows without a container engine: the files keep to their
schemas, name what exists, and give away neither rights nor ports nor secrets.
"""

import json
import re
import shlex
import subprocess
import sys
import sysconfig
import tomllib
from collections.abc import Iterator
from http.server import BaseHTTPRequestHandler, HTTPServer
from pathlib import Path
from threading import Thread
from typing import Any

import kubernetes_validate
import pytest
import typer.main
import yaml

from bot.cli import app as bot_app
from bot.settings import BotSettings
from bot.telegram.server import _LAST_WORDS, HOOK
from index.cli import app as index_app

ROOT = Path(__file__).parents[1]
DEPLOY = ROOT / "deploy"
FILES = [path for path in sorted(DEPLOY.iterdir()) if path.is_file()]
COMPOSE: Any = yaml.safe_load((DEPLOY / "compose.yaml").read_text("utf-8"))
OBJECTS: list[Any] = list(yaml.safe_load_all((DEPLOY / "kubernetes.yaml").read_text("utf-8")))
CADDYFILE = (DEPLOY / "Caddyfile").read_text("utf-8")

#: (instruction, what stands after it), line continuations joined, comments left out.
DOCKERFILE = [
    (line.split(maxsplit=1)[0], line.split(maxsplit=1)[1])
    for line in re.sub(
        r"\\\n\s*", "", re.sub(r"(?m)^#.*\n", "", (DEPLOY / "Dockerfile").read_text("utf-8"))
    ).splitlines()
    if line.strip()
]
LAST_STAGE = DOCKERFILE[max(i for i, (word, _) in enumerate(DOCKERFILE) if word == "FROM") :]


def of_kind(kind: str) -> list[Any]:
    return [item for item in OBJECTS if item["kind"] == kind]


def pods() -> Iterator[Any]:
    """The specification of every pod, wherever it is nested."""
    yield from (item["spec"]["template"]["spec"] for item in of_kind("Deployment"))
    yield from (
        item["spec"]["jobTemplate"]["spec"]["template"]["spec"] for item in of_kind("CronJob")
    )


def containers() -> list[Any]:
    return [one for pod in pods() for one in pod["containers"] + pod.get("initContainers", [])]


def commands() -> Iterator[list[str]]:
    """Every command of ours that a container runs."""
    found = [json.loads(rest) for word, rest in LAST_STAGE if word == "CMD"]
    found += [service.get("command", []) for service in COMPOSE["services"].values()]
    found += [one.get("args", []) for one in containers()]
    yield from (command for command in found if command and command[0].startswith("mali-"))


def run(*command: str | Path) -> subprocess.CompletedProcess[str]:
    return subprocess.run(command, capture_output=True, text=True)  # noqa: S603 - ours


def seconds(duration: str) -> float:
    return float(duration.removesuffix("s"))


def bots() -> dict[str, Any]:
    return {
        name: service
        for name, service in COMPOSE["services"].items()
        if service.get("command", [])[:1] == ["mali-bot"]
    }


# What the formats ask for


def test_the_dockerfile_has_no_findings() -> None:
    hadolint = Path(sysconfig.get_path("scripts")) / "hadolint"
    ran = run(hadolint, DEPLOY / "Dockerfile")
    assert (ran.returncode, ran.stdout) == (0, "")


def test_compose_keeps_to_its_schema() -> None:
    schema = ["--builtin-schema", "vendor.compose-spec"]
    ran = run(sys.executable, "-m", "check_jsonschema", *schema, DEPLOY / "compose.yaml")
    assert ran.returncode == 0, ran.stdout


@pytest.mark.parametrize("version", ["1.32", "1.37"])
@pytest.mark.parametrize("item", OBJECTS, ids=lambda item: f"{item['kind']}-{item['metadata']}")
def test_kubernetes_keeps_to_its_schemas(item: Any, version: str) -> None:
    kubernetes_validate.validate(item, version, strict=True)


# What is named exists


@pytest.mark.parametrize("command", list(commands()), ids=shlex.join)
def test_the_commands_are_ours(command: list[str]) -> None:
    group: Any = typer.main.get_command({"mali-bot": bot_app, "mali-index": index_app}[command[0]])
    context = group.make_context(command[0], command[1:2], resilient_parsing=True)
    name, found, rest = group.resolve_command(context, command[1:])
    found.make_context(name, rest, parent=context)  # raises for an option that does not exist


def test_the_commands_in_the_readme_are_ours() -> None:
    text = (DEPLOY / "README.md").read_text("utf-8")
    found = set(re.findall(r"(?<!-n )(?<!/)\b(mali-bot|mali-index) ([a-z][a-z-]+)", text))
    assert ("mali-index", "rollback") in found
    for program, name in found:
        group: Any = typer.main.get_command(bot_app if program == "mali-bot" else index_app)
        assert name in group.commands, f"{program} {name}"


@pytest.mark.parametrize("path", FILES, ids=lambda path: path.name)
def test_the_settings_exist(path: Path) -> None:
    known = {f"MALI_{name.upper()}" for name in BotSettings.model_fields}
    assert set(re.findall(r"\bMALI_[A-Z_]+", path.read_text("utf-8"))) <= known


def test_the_image_holds_what_the_context_lets_through() -> None:
    ignored = (ROOT / ".dockerignore").read_text("utf-8").split("\n")
    let_through = {line.removeprefix("!") for line in ignored if line.startswith("!")}
    assert "*" in ignored, "everything is left out that is not named"
    copied = {
        source
        for word, rest in DOCKERFILE
        if word == "COPY" and "--from=" not in rest
        for source in [part for part in rest.split() if not part.startswith("--")][:-1]
    }
    assert copied == let_through
    assert all((ROOT / name).exists() for name in copied)


def test_torch_is_the_one_of_the_project() -> None:
    project = tomllib.loads((ROOT / "pyproject.toml").read_text("utf-8"))["project"]
    [pin] = [need for need in project["dependencies"] if need.startswith("torch==")]
    assert any(word == "RUN" and f" {pin} " in f"{rest} " for word, rest in DOCKERFILE)


def test_the_proxy_asks_the_replicas_of_compose() -> None:
    [upstreams] = re.findall(r"^\s*reverse_proxy (.+) \{$", CADDYFILE, re.MULTILINE)
    ports = {service["command"][-1].rpartition(":")[2] for service in bots().values()}
    assert len(bots()) == 2
    assert set(upstreams.split()) == {f"{name}:{port}" for name in bots() for port in ports}


def test_the_proxy_lets_telegram_through_and_nobody_else() -> None:
    assert re.findall(r"^\thandle ?(.*) \{", CADDYFILE, re.MULTILINE) == [HOOK, ""]
    paths = [
        path["path"]
        for ingress in of_kind("Ingress")
        for rule in ingress["spec"]["rules"]
        for path in rule["http"]["paths"]
    ]
    assert paths == [HOOK]


def test_a_broken_replicas_call_is_repeated_with_its_body() -> None:
    assert re.search(r"lb_retry_match \{\s*method POST\s*\}", CADDYFILE)
    assert "request_buffers" in CADDYFILE
    assert "{rp.status_code} == 503" in CADDYFILE


def test_every_reference_in_kubernetes_is_answered() -> None:
    labels = [item["spec"]["template"]["metadata"]["labels"] for item in of_kind("Deployment")]
    labels += [
        item["spec"]["jobTemplate"]["spec"]["template"]["metadata"]["labels"]
        for item in of_kind("CronJob")
    ]
    selectors = [item["spec"]["selector"] for item in of_kind("Service")]
    selectors += [item["spec"]["selector"]["matchLabels"] for item in of_kind("Deployment")]
    selectors += [
        item["spec"]["selector"]["matchLabels"] for item in of_kind("PodDisruptionBudget")
    ]
    selectors += [
        item["spec"]["podSelector"]["matchLabels"]
        for item in of_kind("NetworkPolicy")
        if item["spec"]["podSelector"]
    ]
    assert all(selector in labels for selector in selectors)
    text = (DEPLOY / "kubernetes.yaml").read_text("utf-8")
    maps = {item["metadata"]["name"] for item in of_kind("ConfigMap")}
    assert set(re.findall(r"config(?:MapRef|MapKeyRef): \{name: ([\w-]+)", text)) <= maps
    claims = {item["metadata"]["name"] for item in of_kind("PersistentVolumeClaim")}
    assert set(re.findall(r"claimName: ([\w-]+)", text)) == claims
    assert {item["metadata"].get("namespace") for item in OBJECTS[1:]} == {"mali-bot"}


# What is given away


def test_only_the_proxy_is_reached_from_outside() -> None:
    published = {name for name, one in COMPOSE["services"].items() if one.get("ports")}
    assert published == {"proxy"}
    assert all("network_mode" not in one for one in COMPOSE["services"].values())
    assert COMPOSE["networks"]["back"]["internal"] is True
    for name in ("redis", "milvus"):
        assert COMPOSE["services"][name]["networks"] == ["back"]
    assert {item["spec"].get("type", "ClusterIP") for item in of_kind("Service")} == {"ClusterIP"}


@pytest.mark.parametrize("name", [name for name in COMPOSE["services"] if name != "milvus"])
def test_services_have_no_rights(name: str) -> None:
    service = COMPOSE["services"][name]
    assert service["read_only"] is True
    assert service["cap_drop"] == ["ALL"]
    assert "no-new-privileges:true" in service["security_opt"]
    assert name == "proxy" or int(service["user"].partition(":")[0]) > 0
    assert service.get("cap_add", []) == (["NET_BIND_SERVICE"] if name == "proxy" else [])


@pytest.mark.parametrize("one", containers(), ids=lambda one: one["name"])
def test_containers_have_no_rights(one: Any) -> None:
    assert one["securityContext"] == {
        "allowPrivilegeEscalation": False,
        "readOnlyRootFilesystem": True,
        "capabilities": {"drop": ["ALL"]},
    }


@pytest.mark.parametrize("pod", list(pods()), ids=lambda pod: pod["containers"][0]["name"])
def test_pods_are_nobody(pod: Any) -> None:
    assert pod["securityContext"]["runAsNonRoot"] is True
    assert pod["securityContext"]["runAsUser"] > 0
    assert pod["automountServiceAccountToken"] is False


def test_the_image_runs_as_nobody() -> None:
    [user] = [rest for word, rest in LAST_STAGE if word == "USER"]
    assert int(user.partition(":")[0]) > 0
    assert LAST_STAGE[-1][0] == "CMD"
    assert LAST_STAGE[-1][1].startswith("["), "a shell in between would keep the signal"


def test_everything_has_limits() -> None:
    for service in COMPOSE["services"].values():
        assert service["deploy"]["resources"]["limits"]["memory"]
    for one in containers():
        assert one["resources"]["limits"]["memory"]
        assert one["resources"]["requests"]["memory"]


def test_no_secret_is_in_a_file() -> None:
    for path in FILES:
        assert not re.search(r"\b\d{6,}:[\w-]{30,}", path.read_text("utf-8")), path.name
    assert of_kind("Secret") == []
    for service in bots().values():
        assert service["environment"]["TELEGRAM_BOT_TOKEN"] == "${TELEGRAM_BOT_TOKEN:?}"
    assert not any("TOKEN" in rest for word, rest in DOCKERFILE if word in {"ENV", "ARG"})


# Coming and going


def test_a_replica_may_answer_what_it_has_begun() -> None:
    for service in bots().values():
        assert seconds(service["stop_grace_period"]) > _LAST_WORDS
    [bot] = [pod for pod in pods() if pod["containers"][0]["name"] == "bot"]
    pause = bot["containers"][0]["lifecycle"]["preStop"]["sleep"]["seconds"]
    assert bot["terminationGracePeriodSeconds"] > pause + _LAST_WORDS


def test_redis_keeps_nothing() -> None:
    started = [COMPOSE["services"]["redis"]["command"]]
    started += [one["args"] for one in containers() if one["name"] == "redis"]
    assert len(started) == 2
    for command in started:
        assert command[1:5] == ["--save", "", "--appendonly", "no"]


def test_two_builds_do_not_meet() -> None:
    [job] = of_kind("CronJob")
    assert job["spec"]["concurrencyPolicy"] == "Forbid"


@pytest.mark.parametrize(("status", "healthy"), [(200, True), (503, False), (None, False)])
def test_the_image_knows_whether_it_is_healthy(status: int | None, healthy: bool) -> None:
    class Answering(BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            self.send_response(status if self.path == "/readyz" and status else 404)
            self.end_headers()

        def log_message(self, format: str, *args: object) -> None:  # noqa: A002
            pass

    [(_, check)] = [item for item in LAST_STAGE if item[0] == "HEALTHCHECK"]
    program = json.loads(check[check.index("[") :])
    with HTTPServer(("127.0.0.1", 0), Answering) as server:
        here = program[2].replace(":8443/", f":{server.server_port}/")
        assert here != program[2], "the port of the default command"
        if status is None:
            server.server_close()
        else:
            Thread(target=server.serve_forever, daemon=True).start()
        ran = run(sys.executable, program[1], here)
        if status is not None:
            server.shutdown()
    assert (ran.returncode == 0) is healthy
