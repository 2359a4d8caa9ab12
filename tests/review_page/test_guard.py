"""Who may talk to the page: the person with the link, and nobody else."""

import json
import re

import pytest
import review_rows

from hf_sft_builders.errors import ConfigurationError
from hf_sft_builders.reviewing.guarding import Keys, host_name
from hf_sft_builders.reviewing.library import Library
from hf_sft_builders.reviewing.server import start


def test_the_link_lets_in_once_and_leaves_no_token_behind(page):
    """The link sets a cookie for no script and no other site; what follows needs no token."""
    page.cookies = {}
    status, headers, data = page.ask("GET", f"/?token={page.token}")
    assert 200 == status
    cookie = headers["set-cookie"]
    assert "HttpOnly" in cookie and "SameSite=Strict" in cookie and "Path=/" in cookie
    assert b'content="0;url=/"' in data and page.token.encode() not in data
    assert "no-referrer" == headers["referrer-policy"]
    page.cookies = dict([cookie.partition(";")[0].split("=", 1)])
    assert "<h1>" in page.get(f"{page.base}/")


@pytest.mark.parametrize("path", ["/", "{base}/", "{base}/row?id=row:1", "{base}/source?id=row:1"])
@pytest.mark.parametrize("token", ["", "guess", "ünï"])
def test_nothing_is_shown_without_the_token(page, path, token):
    """Without it, or with another, no page says a word of the rows."""
    page.cookies = {f"hf_sft_review_{page.port}": token} if token.isascii() else {}
    status, _, data = page.ask("GET", path.format(base=page.base))
    assert 401 == status and b"ticket" not in data
    assert 401 == page.ask("GET", "/?token=guess")[0]


def test_nothing_is_done_without_the_token(page):
    """An action without the cookie changes nothing, even from the right origin."""
    page.cookies = {}
    body = json.dumps({"kind": "confirm", "ids": ["row:1"]})
    assert 401 == page.ask("POST", f"{page.base}/act", body)[0]
    assert 0 == page.session.progress().confirmed


@pytest.mark.parametrize(
    "host",
    ["evil.example", "evil.example:8770", "127.0.0.1.evil.example", "192.168.1.7", "", "[", "::"],
)
def test_a_name_that_was_rebound_is_refused(page, host):
    """Whoever calls the page by another name than this machine's is sent away, token or not."""
    assert 421 == page.ask("GET", f"{page.base}/", Host=host)[0]
    assert 421 == page.ask("GET", f"/?token={page.token}", Host=host)[0]


@pytest.mark.parametrize(
    "host", ["127.0.0.1:{port}", "localhost:{port}", "LOCALHOST:1", "[::1]:{port}"]
)
def test_this_machine_may_be_called_by_its_own_names(page, host):
    """Also through a port that was forwarded."""
    assert 200 == page.ask("GET", f"{page.base}/", Host=host.format(port=page.port))[0]


@pytest.mark.parametrize(
    "origin",
    [
        None,
        "null",
        "http://evil.example",
        "http://127.0.0.1:1",
        "http://localhost:{port}",
        "http://127.0.0.1",
    ],
)
def test_another_page_cannot_act(page, origin):
    """A form or script of another origin is refused, although the browser would bring the cookie."""
    told = origin.format(port=page.port) if origin else origin
    body = json.dumps({"kind": "confirm", "ids": ["row:1"]})
    for path in (f"{page.base}/act", f"{page.base}/undo", "/settings", "/sign-in"):
        assert 403 == page.ask("POST", path, body, Origin=told)[0]
    assert 0 == page.session.progress().confirmed


def test_reading_changes_nothing(page):
    """No address does anything when it is only opened."""
    for name in ("act", "undo", "ask"):
        assert 405 == page.ask("GET", f"{page.base}/{name}")[0]


PATHS = (
    "/",
    "{base}/",
    "{base}/?text=ticket&status=unreviewed",
    "{base}/row?id=row:1",
    "{base}/source?id=row:1",
    "{base}/pair",
    "{base}/progress",
    "{base}/row?id=none",
    "/sign-in",
    "/d/none/",
    "/none",
)


@pytest.mark.parametrize("path", PATHS)
def test_every_page_loads_nothing_from_elsewhere_and_runs_no_script_of_its_own(page, path):
    """The policy allows our files alone, and no page needs more: no inline script, style or address."""
    _, headers, data = page.ask("GET", path.format(base=page.base), Referer="x")
    policy = headers["content-security-policy"]
    assert (
        policy.startswith("default-src 'none'") and "unsafe" not in policy and "http" not in policy
    )
    assert "nosniff" == headers["x-content-type-options"]
    assert "DENY" == headers["x-frame-options"]
    assert "same-origin" == headers["cross-origin-resource-policy"]
    assert "no-store" == headers["cache-control"]
    text = data.decode()
    assert not re.search(r"<script(?![^>]* src=\"/static/)", text)
    assert not re.search(r"\s(style|on\w+)\s*=\s*\"", text)
    assert not re.search(r"(src|href|action)=\"(?!/|#)", text)


def test_another_machine_needs_a_password(page):
    """An address that others reach is refused without a password of eight characters."""
    for host, password in (("0.0.0.0", ""), ("0.0.0.0", "short"), ("127.0.0.1", "short")):
        with pytest.raises(ConfigurationError, match="at least 8 characters"):
            start(Library([]), host=host, port=0, password=password)


@pytest.mark.parametrize("host", ["0.0.0.0", "127.0.0.1"])
def test_a_second_user_signs_in_with_the_password(serve, host):
    """Without it they see nothing; with it they act under their own name, through `ssh -L` too."""
    client = serve(review_rows.rows(), host=host, password="correct horse")
    client.cookies = {}
    status, headers, _ = client.ask("GET", f"{client.base}/")
    assert (303, "/sign-in") == (status, headers["location"])
    assert 'type="password"' in client.get("/sign-in")
    wrong = client.ask("POST", "/sign-in", "reviewer=ana&password=battery")
    assert 403 == wrong[0] and not any(
        "hf_sft_review_" in v for v in wrong[1].get_all("set-cookie", [])
    )
    status, headers, _ = client.ask(
        "POST", "/sign-in", "reviewer=%E5%AE%89%E5%A8%9C&password=correct+horse"
    )
    assert 303 == status
    client.cookies = dict(v.partition(";")[0].split("=", 1) for v in headers.get_all("set-cookie"))
    body = json.dumps({"kind": "confirm", "ids": ["row:1"]})
    assert 200 == client.ask("POST", f"{client.base}/act", body)[0]
    assert "安娜" == client.session.row("row:1").history[0].reviewer


def test_passwords_cannot_be_tried_out(serve):
    """After ten tries in a minute, even the right one waits."""
    client = serve(review_rows.rows(2), host="0.0.0.0", password="correct horse")
    client.cookies = {}
    for _ in range(10):
        assert 403 == client.ask("POST", "/sign-in", "reviewer=a&password=guess")[0]
    assert 429 == client.ask("POST", "/sign-in", "reviewer=a&password=correct+horse")[0]


def test_without_a_password_signing_in_is_no_way_in(page):
    """On this machine alone the link is the only key: an empty password fits nothing."""
    page.cookies = {}
    answer = page.ask("POST", "/sign-in", "reviewer=a&password=")
    assert not any("hf_sft_review_" in v for v in answer[1].get_all("set-cookie", []))


def test_open_to_others_it_may_be_called_by_addresses_but_by_no_strange_name():
    """An address is nobody's name, so it cannot be rebound."""
    keys = Keys(8770, ("127.0.0.1", "localhost", "::1", "labbox"), "correct horse")
    assert keys.knows_host("192.168.1.7") and keys.knows_host("labbox")
    assert not keys.knows_host("evil.example")
    assert not Keys(8770).knows_host("192.168.1.7")


def test_secrets_stand_in_no_representation():
    """Neither token nor password is printed with the object."""
    keys = Keys(1, password="correct horse")
    assert keys.token not in repr(keys) and "horse" not in repr(keys)


@pytest.mark.parametrize(
    ("header", "name"),
    [
        ("a.b:80", "a.b"),
        ("[::1]:80", "::1"),
        ("LocalHost.", "localhost"),
        ("[", ""),
        ("a:b:c", "a"),
    ],
)
def test_names_are_read_out_of_headers(header, name):
    """Port, brackets, case and the root's dot are no part of the name."""
    assert name == host_name(header)


def test_settings_lead_back_to_this_page_only(page):
    """A form's answer goes to a path, whatever the browser says it came from."""
    for came, expected in (
        (f"http://{page.host}/d/x/?text=a", "/d/x/?text=a"),
        ("http://evil.example//evil.example/x", "/evil.example/x"),
        ("", "/"),
    ):
        status, headers, _ = page.ask("POST", "/settings", "theme=dark", Referer=came)
        assert (303, expected) == (status, headers["location"])
