"""The twelve rules of security; the number of a rule is in the name of its tests."""

from __future__ import annotations

import socket
import stat
import time
from collections.abc import Sequence
from itertools import pairwise
from pathlib import Path
from types import SimpleNamespace

import pytest
from starlette.routing import BaseRoute, Mount, Route
from starlette.testclient import TestClient
from tests.lab.conftest import BASE, Visitor
from tests.miniatures import miniature

from resynapse.disclaimer import SHORT_DISCLAIMER
from resynapse.errors import ResynapseError
from resynapse.lab import serve
from resynapse.lab.app import application, routes
from resynapse.lab.context import Lab
from resynapse.lab.pages.results import report_policy
from resynapse.lab.security.trust import MOST_BYTES, PUBLIC, TOKEN_HEADER, Trust, trusted_origin
from resynapse.lab.workspace.workspace import Workspace
from resynapse.protocol import dumps


def _filled(path: str) -> str:
    values = {
        "{id}": "0123456789ab",
        "{source}": "library",
        "{name}": "demo",
        "{number:int}": "0",
        "{section}": "summary",
    }
    for slot, value in values.items():
        path = path.replace(slot, value)
    return path


def _addresses(found: list[BaseRoute]) -> list[tuple[str, str]]:
    pairs = []
    for one in found:
        if isinstance(one, Route):
            pairs += [(method, _filled(one.path)) for method in sorted(one.methods or {"GET"})]
        else:
            assert isinstance(one, Mount), one
            pairs.append(("GET", f"{one.path}/lab.js"))
    return pairs


EVERY = _addresses(routes(read_only=False))


def test_the_walk_knows_every_address() -> None:
    assert len(EVERY) > 10
    assert [path for _, path in EVERY if "{" in path] == []
    assert {"/static/lab.css"} == PUBLIC


@pytest.mark.parametrize(("method", "path"), EVERY)
def test_rule_5_no_address_answers_without_a_token(method: str, path: str, lab: Lab) -> None:
    stranger = TestClient(application(lab), base_url=BASE)
    answer = stranger.request(method, path, json={} if method == "POST" else None)
    assert answer.status_code == 401
    assert method == "HEAD" or SHORT_DISCLAIMER in answer.text


def _codes(visitor: Visitor, addresses: list[tuple[str, str]], **named: str) -> set[int]:
    headers = {**visitor.headers, **named}
    return {
        visitor.client.request(method, path, headers=headers, json={} if method == "POST" else None).status_code
        for method, path in addresses
    }


@pytest.mark.parametrize("host", ["evil.example", "localhost.evil.example", "127.0.0.1.nip.io", "", "0.0.0.0"])
def test_rule_3_no_address_answers_to_another_host(host: str, visitor: Visitor) -> None:
    assert _codes(visitor, [*EVERY, ("GET", "/static/lab.css"), ("GET", "/?token=x")], host=host) == {421}


@pytest.mark.parametrize("origin", ["http://evil.example", "null", "http://localhost:9999", "file://localhost:8888"])
def test_rule_3_no_address_answers_to_another_origin(origin: str, visitor: Visitor) -> None:
    assert _codes(visitor, EVERY, origin=origin) == {403}


@pytest.mark.parametrize("host", ["localhost:8888", "localhost:51234", "127.0.0.1:1", "[::1]:8888", "LOCALHOST"])
def test_rule_3_a_tunnel_may_have_another_port(host: str, visitor: Visitor) -> None:
    assert visitor.get("/runs", headers={"host": host, "origin": f"http://{host}"}).status_code == 200


def test_rule_1_it_listens_on_the_loopback_interface_alone() -> None:
    sockets = serve._loopback(0)
    try:
        assert {one.getsockname()[0] for one in sockets} <= {"127.0.0.1", "::1"}
    finally:
        for one in sockets:
            one.close()


def test_rule_1_a_socket_file_is_its_owners_alone(tmp_path: Path) -> None:
    made = serve._socket_file(tmp_path / "lab.sock")
    made.close()
    assert stat.S_IMODE((tmp_path / "lab.sock").stat().st_mode) == 0o600


def test_rule_1_a_taken_port_is_one_line_with_the_cure() -> None:
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        taken.listen()
        with pytest.raises(ResynapseError, match=r"port \d+: .*another --port"):
            serve._loopback(taken.getsockname()[1])


@pytest.mark.parametrize("text", ["hub.example.org", "*", "https://hub.example.org/user", "file:///tmp", "https://"])
def test_rule_1_a_trusted_origin_is_an_origin(text: str) -> None:
    with pytest.raises(ValueError, match="expected an origin"):
        trusted_origin(text)


def test_rule_1_a_proxy_is_trusted_by_its_origin_alone(tmp_path: Path) -> None:
    lab = Lab(workspace=Workspace(tmp_path), trust=Trust(origins=frozenset({"https://hub.example.org"})))
    client = TestClient(application(lab), base_url="https://hub.example.org", follow_redirects=False)
    assert client.get("/", params={"token": lab.trust.token}).status_code == 303
    assert client.get("/runs", headers={"origin": "https://hub.example.org"}).status_code == 200
    assert client.get("/runs", headers={"origin": "https://other.example.org"}).status_code == 403


def test_rule_2_the_token_is_exchanged_for_a_cookie_that_scripts_and_other_sites_do_not_get(lab: Lab) -> None:
    client = TestClient(application(lab), base_url=BASE, follow_redirects=False)
    answer = client.get("/runs", params={"token": lab.trust.token, "q": "a b"})
    assert answer.status_code == 303
    assert answer.headers["location"] == "runs?q=a+b"
    assert answer.headers["referrer-policy"] == "no-referrer"
    cookie = answer.headers["set-cookie"]
    assert cookie.startswith("resynapse-lab-8888=")
    assert {"HttpOnly", "SameSite=strict"} <= set(cookie.split("; "))
    assert lab.trust.token not in cookie
    assert client.get("/runs").status_code == 200


def test_rule_2_secrets_are_long_new_in_every_session_and_in_no_file(lab: Lab, tmp_path: Path) -> None:
    secrets = {getattr(trust, name) for trust in (lab.trust, Trust()) for name in ("token", "session", "page_token")}
    assert len(secrets) == 6
    assert all(len(one) >= 43 for one in secrets)  # 256 bits in base 64, or more in hexadecimal
    Visitor(lab).post("/api/runs", {"source": "library", "name": "none", "subjects": "1"})
    written = b"".join(path.read_bytes() for path in tmp_path.rglob("*") if path.is_file())
    assert not any(one.encode() in written for one in secrets)


@pytest.mark.parametrize("token", ["", "x", "é", "a" * 43])
def test_rule_2_another_token_opens_nothing(token: str, lab: Lab) -> None:
    client = TestClient(application(lab), base_url=BASE)
    assert client.get("/", params={"token": token}).status_code == 401
    assert client.get("/", headers={"cookie": f"{lab.trust.cookie}={token}".encode()}).status_code == 401


CHANGES = [path for method, path in EVERY if method == "POST"]


@pytest.mark.parametrize("path", CHANGES)
def test_rule_4_a_change_needs_json_the_page_token_and_the_page_itself(path: str, visitor: Visitor) -> None:
    own, client = visitor.headers, visitor.client
    assert client.post(path, json={}).status_code == 403
    assert client.post(path, json={}, headers={TOKEN_HEADER: "x"}).status_code == 403
    assert client.post(path, json={}, headers={**own, "sec-fetch-site": "cross-site"}).status_code == 403
    assert client.post(path, json={}, headers={**own, "sec-fetch-site": "same-site"}).status_code == 403
    assert client.post(path, content="{}", headers={**own, "content-type": "text/plain"}).status_code == 415
    assert client.post(path, data={"a": "b"}, headers=own).status_code == 415
    assert client.get(path, headers=own).status_code in (404, 405)
    assert client.request("OPTIONS", path, headers=own).status_code in (405, 415)


@pytest.mark.parametrize("body", ["", "null", "[]", "3", "{", '"text"', "[" * 100_000])
@pytest.mark.parametrize("path", CHANGES)
def test_rule_4_an_empty_or_odd_body_is_no_consent(path: str, body: str, visitor: Visitor) -> None:
    answer = visitor.client.post(path, content=body, headers={**visitor.headers, "content-type": "application/json"})
    assert answer.status_code in (404, 422)
    assert "error" in answer.json()


def test_rule_6_no_address_takes_code_or_a_command_line(visitor: Visitor) -> None:
    wanted = {
        "source": "library",
        "name": "demo",
        "subjects": "1",
        "set": "task.sd=!!python/object/apply:os.system ['x']",
    }
    assert visitor.post("/api/runs", wanted).status_code == 422
    for name in ("demo; touch x", "$(touch x)", "--help", "../demo", "/etc/passwd"):
        assert visitor.post("/api/runs", {**wanted, "name": name, "set": []}).status_code == 404
        assert visitor.post("/api/runs", {**wanted, "source": "mine", "name": name, "set": []}).status_code == 404
    assert not (visitor.lab.workspace.root / "x").exists()


@pytest.mark.parametrize("id", ["..%2fetc", "%2e%2e%2fetc%2fpasswd", "..%5c..", "%2Fetc%2Fpasswd", "%00", "x" * 300])
@pytest.mark.parametrize("form", ["/runs/{}", "/runs/{}/version", "/protocols/mine/{}", "/static/../{}"])
def test_rule_7_an_address_names_nothing_but_what_is_listed(form: str, id: str, visitor: Visitor) -> None:
    assert visitor.get(form.format(id)).status_code in (404, 405)


def test_rule_7_links_out_of_the_workspace_are_not_followed(tmp_path: Path, recorded: Path) -> None:
    inside = tmp_path / "inside"
    (inside / "protocols").mkdir(parents=True)
    (inside / "protocols" / "link.yaml").symlink_to(recorded / "protocols" / "small.yaml")
    (inside / "resynapse-runs").symlink_to(recorded / "resynapse-runs")
    workspace = Workspace(inside)
    assert workspace.protocols() == {}
    assert workspace.runs() == []
    with pytest.raises(ResynapseError, match="outside the workspace"):
        workspace.write(inside / "protocols" / "link.yaml", "")


@pytest.mark.parametrize("table", ["/etc/passwd", "../../secret.csv"])
def test_rule_7_tables_of_a_protocol_lie_in_the_workspace(table: str, visitor: Visitor) -> None:
    folder = visitor.lab.workspace.root / "protocols"
    folder.mkdir()
    (folder.parent.parent / "secret.csv").write_text("a,label\n1,2\n", "utf-8")
    for name, text in (("task", f"task: {{kind: table, path: {table}, label: a}}\narms: {{a: []}}"),
                       ("trait", f"arms: {{a: [{{prune: {{sparsity: {{column: a, of: {table}}}}}}}]}}")):  # fmt: skip
        (folder / f"{name}.yaml").write_text(f"name: {name}\n{text}\n", "utf-8")
        answer = visitor.get(f"/protocols/mine/{name}")
        assert answer.status_code == 422
        assert "outside the workspace" in answer.text
        assert visitor.post("/api/runs", {"source": "mine", "name": name, "subjects": 1}).status_code == 422
    change = {
        "source": "library",
        "name": "demo",
        "subjects": 1,
        "set": f"task={{kind: table, path: {table}, label: a}}",
    }
    assert "outside the workspace" in visitor.post("/api/runs", change).json()["error"]


_ALIASES = "a: &a [1, 1]\n" + "".join(f"{c}: &{c} [{', '.join(['*' + p] * 9)}]\n" for p, c in pairwise("abcdefghijk"))


@pytest.mark.parametrize("text", [_ALIASES, "a: " + "[" * 500, "x: 1\n" * 300_000], ids=["aliases", "depth", "length"])
def test_rule_8_a_protocol_has_limits_and_says_them(text: str, visitor: Visitor) -> None:
    folder = visitor.lab.workspace.root / "protocols"
    folder.mkdir()
    (folder / "large.yaml").write_text(text, "utf-8")
    begun = time.process_time()
    assert visitor.get("/protocols/mine/large").status_code == 422
    assert visitor.get("/protocols").status_code == 200
    answer = visitor.post("/api/check", {"text": text, "place": []})
    assert answer.status_code == 413 or answer.json()["errors"]
    assert time.process_time() - begun < 10.0


def test_rule_8_what_the_disk_has_no_room_for_is_not_started(visitor: Visitor, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("shutil.disk_usage", lambda path: SimpleNamespace(free=1000))
    wanted = {"source": "library", "name": "demo", "subjects": 4, "confirmed": "yes"}
    answer = visitor.post("/api/runs", wanted)
    assert answer.status_code == 422
    assert "on disk" in answer.json()["error"]
    assert visitor.lab.queue.every() == []


def test_rule_8_one_command_runs_and_the_others_wait(visitor: Visitor, monkeypatch: pytest.MonkeyPatch) -> None:
    begun: list[Path] = []

    def start(words: Sequence[str], folder: Path, *, directory: Path) -> SimpleNamespace:
        begun.append(folder)
        return SimpleNamespace(alive=True, folder=folder)

    monkeypatch.setattr("resynapse.lab.workspace.queue.start", start)
    monkeypatch.setattr(
        "resynapse.lab.workspace.queue.find",
        lambda folder: SimpleNamespace(alive=True, folder=folder) if folder in begun else None,
    )
    for seed in range(3):
        wanted = {"source": "library", "name": "demo", "subjects": 1, "seed": seed}
        assert visitor.post("/api/runs", wanted).status_code == 200
    assert len(begun) == 1
    assert [one.started for one in visitor.lab.queue.every()] == [True, False, False]


def test_rule_8_a_body_has_a_limit_said_or_not(visitor: Visitor) -> None:
    large = "x" * (MOST_BYTES + 1)
    assert visitor.post("/api/runs", {"name": large}).status_code == 413
    chunks = (f'{{"name": "{large}"}}'[i : i + 65_536].encode() for i in range(0, len(large) + 12, 65_536))
    headers = {**visitor.headers, "content-type": "application/json"}
    assert visitor.client.post("/api/runs", content=chunks, headers=headers).status_code == 413


@pytest.mark.parametrize("subjects", ["0", "-1", "1e3", "100001", "9" * 30, "", "1.5", True, None, [], {}])
def test_rule_8_a_cohort_has_a_limit(subjects: object, visitor: Visitor) -> None:
    answer = visitor.post("/api/runs", {"source": "library", "name": "demo", "subjects": subjects})
    assert answer.status_code == 422
    assert "subjects" in answer.json()["error"]
    assert list(visitor.lab.workspace.root.iterdir()) == []


def test_rule_9_a_report_runs_its_own_script_alone() -> None:
    policy = report_policy("<script>a()</script><script type='text/csv'>x</script>")
    assert policy.count("sha256-") == 1
    assert policy.startswith("sandbox allow-scripts")
    assert "default-src 'none'" in policy
    assert "script-src 'none'" in report_policy("<p>")


def test_rule_9_every_page_forbids_foreign_content_inline_scripts_and_frames(reader: Visitor) -> None:
    (run,) = reader.lab.workspace.runs()
    for path in ("/", "/runs", f"/runs/{run.id}", "/nothing", "/protocols/library/demo"):
        answer = reader.get(path)
        policy = answer.headers["content-security-policy"]
        assert "default-src 'self'" in policy
        assert "frame-ancestors 'none'" in policy
        assert "base-uri 'none'" in policy
        assert "unsafe" not in policy
        assert answer.headers["x-content-type-options"] == "nosniff"
        assert "<script>" not in answer.text
        assert "style=" not in answer.text
        assert " onclick" not in answer.text


def test_rule_10_no_answer_lets_another_site_read_it(visitor: Visitor) -> None:
    for method, path in EVERY:
        answer = visitor.client.request(method, path, headers={**visitor.headers, "origin": BASE}, json={})
        assert not [name for name in answer.headers if name.startswith("access-control")]


def test_rule_10_no_page_names_another_machine(reader: Visitor) -> None:
    (run,) = reader.lab.workspace.runs()
    for path in ("/", "/runs", f"/runs/{run.id}", "/protocols", "/static/lab.css", "/static/lab.js"):
        text = reader.get(path).text.replace("http://www.w3.org/2000/svg", "")
        assert "http://" not in text
        assert "https://" not in text


def test_rule_11_a_laboratory_for_readers_has_no_address_that_changes_anything(recorded: Path) -> None:
    addresses = _addresses(routes(read_only=True))
    assert {method for method, _ in addresses} == {"GET", "HEAD"}
    visitor = Visitor(Lab(workspace=Workspace(recorded), trust=Trust(), read_only=True))
    assert all(visitor.post(path, {}).status_code in (404, 405) for path in CHANGES)
    (run,) = visitor.lab.workspace.runs()
    for path in ("/", f"/runs/{run.id}", "/protocols/library/demo"):
        text = visitor.get(path).text
        assert "data-post" not in text
        assert visitor.lab.trust.page_token not in text


def test_rule_12_names_are_text(visitor: Visitor) -> None:
    folder = visitor.lab.workspace.root / "protocols"
    folder.mkdir()
    small = miniature("demo")
    bad = "<img src=x onerror=alert(1)>"
    (folder / "bad.yaml").write_text(
        dumps(small).replace("title:", f"title: '{bad}'\ncite: '{bad}'\n_: ", 1).replace("_: ", "# ", 1), "utf-8"
    )
    (folder / "worse.yaml").write_text(f"name: '{bad}'\narms: 3\n", "utf-8")
    for path in ("/", "/protocols", "/protocols/mine/bad", "/protocols/mine/worse", f"/protocols/mine/{bad}"):
        assert "<img" not in visitor.get(path).text
