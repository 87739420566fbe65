# Copyright (c) 2026 the kubeflow.bootstrap authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""What leaves the client: no secret in any form, no control character, and all else as it was."""

from __future__ import annotations

import base64
import html
import json
import random
import string
from urllib.parse import quote

import pytest
from ansible_collections.kubeflow.bootstrap.plugins.module_utils.errors import BootstrapError
from ansible_collections.kubeflow.bootstrap.plugins.module_utils.redaction import redact
from ansible_collections.kubeflow.bootstrap.plugins.module_utils.redaction.redact import clean, cleaned, remember, remember_login

TOKEN = "aX9\"/+<o'ö&=%20~k8:;token-of-a-service-account"


@pytest.mark.parametrize(
    "written",
    [
        TOKEN,
        json.dumps(TOKEN)[1:-1],
        quote(TOKEN, safe=""),
        html.escape(TOKEN),
        repr(TOKEN)[1:-1],
        TOKEN[:20],
        TOKEN[-20:],
        TOKEN[11:30],
        *(base64.b64encode(b"x" * shift + TOKEN.encode() + b"y" * shift).decode() for shift in range(4)),
        base64.urlsafe_b64encode(TOKEN.encode()).decode(),
        TOKEN[:9] + "\x1b[0m" + TOKEN[9:20] + "\u200b" + TOKEN[20:],
    ],
)
def test_a_secret_is_hidden_in_whatever_form_it_is_written(written: str) -> None:
    remember(TOKEN)
    message = clean(f"the request was >{written}< as sent")
    assert message.startswith("the request was >") and message.endswith("< as sent") and "***" in message
    assert all(piece not in message for piece in (written, TOKEN[:16], TOKEN[-16:], base64.b64encode(TOKEN.encode()).decode()[4:20]))


def test_a_key_is_hidden_line_by_line_and_its_marks_are_not() -> None:
    body = ["".join(random.Random(number).choices(string.ascii_letters + string.digits, k=64)) for number in range(4)]
    remember("\n".join(["-----BEGIN PRIVATE KEY-----", *body, "-----END PRIVATE KEY-----"]))
    assert clean(f"line 2: {body[1]}") == "line 2: ***"
    assert clean("It begins with -----BEGIN CERTIFICATE-----.") == "It begins with -----BEGIN CERTIFICATE-----."


def test_the_login_of_a_proxy_is_hidden_in_both_forms() -> None:
    remember_login("http://someone:pass%40word1@proxy.example:3128")
    header = base64.b64encode(b"someone:pass@word1").decode()
    assert clean(f"407 for {header}, pass@word1 and pass%40word1") == "407 for ***, *** and ***"
    remember_login("http://proxy.example:3128")
    remember_login("http://[")
    remember_login(None)


@pytest.mark.parametrize(
    ("message", "shown"),
    [
        ("see https://someone:secret1@host/path and ssh://git@host", "see https://***@host/path and ssh://***@host"),
        ("https://host/x?a=1&access_token=abc123&b=2", "https://host/x?a=1&access_token=***&b=2"),
        ("https://host/x?private-token=abc123", "https://host/x?private-token=***"),
        ("https://host/x?sig=abc%2F123&se=2026", "https://host/x?sig=***&se=2026"),
        ("Authorization: Bearer abcdefgh.ijk", "Authorization: Bearer ***"),
        ("authorization=Basic dXNlcjpwYXNz", "authorization=Basic ***"),
        ("a piece: eyJhbGciOiJSUzI1NiIs", "a piece: ***"),
        ("-----BEGIN RSA PRIVATE KEY-----\nMIIE\n-----END RSA PRIVATE KEY----- it was", "*** it was"),
        ("-----BEGIN PRIVATE KEY-----\nMIIE and cut", "***"),
        ("key AKIAABCDEFGHIJKLMNOP!", "key ***!"),
    ],
)
def test_what_looks_like_a_credential_is_hidden(message: str, shown: str) -> None:
    assert clean(message) == shown


@pytest.mark.parametrize(
    "text",
    [
        "pods training-operator-7d9f8b6c5d-x2z9q in namespace kubeflow: spec.password: Required value",
        "SHA-256 9f86d081884c7d659a2feaa0c55ad015a3bf4f1b2b0b822cd15d6c15b0f00a08, commit da39a3ee5e6b4b0d3255bfef95601890afd80709",
        "UID 0d2f4c0e-98cf-4d34-8d45-6a4b0f6c7a11 of https://[::1]:6443/apis?limit=500&timeout=30s",
        "bearer of bad news; basic rules\n\tand a tab",
        "Schlüssel, 鍵, ключ, naïve: 😀",
    ],
)
def test_other_text_stays_as_it_is(text: str) -> None:
    assert clean(text) == text


@pytest.mark.parametrize(
    "token",
    [
        "yknLQ-bENbXJtqciDcpXqsCcwGHk",
        "token-that-a-helper-says-yknLQ-bENbXJtqciDcpXqsCc",
        "QxZbTLhVpWmrJCsFdyGnKkHvBtRc",
        "aB3dE6gH9jK2mN5pQ8sT1vW4yZ7b",
    ],
)
def test_of_a_program_that_handles_credentials_no_long_word_is_shown_that_nobody_can_read(token: str) -> None:
    assert clean(f"bad word {token} in it", opaque=True) == "bad word *** in it"


@pytest.mark.parametrize(
    "text",
    [
        "An error occurred (UnrecognizedClientException) when calling the DescribeCluster operation",
        "DefaultAzureCredential tried ManagedIdentityCredentialUnavailable, WorkloadIdentityCredentialIsNotConfigured",
        "InvalidClientTokenIdException of gke_my-project_us-central1-a_cluster-of-a-very-long-name at API_SERVER_IN_CAPITALS_AND_LONG",
        "client-go-credential-plugins/UnauthorizedHTTPRequestToTheServer",
    ],
)
def test_names_of_errors_stay(text: str) -> None:
    assert clean(text, opaque=True) == text


@pytest.mark.parametrize(
    ("message", "shown"),
    [
        ("\x1b[2J\x1b[31mred\x1b[0m", "red"),
        ("\x1b]0;TITLE\x07after", "after"),
        ("\x1b]8;;http://evil\x1b\\link\x1b]8;;\x1b\\", "link"),
        ("\x9b2Jc1 \x9d0;t\x9cx", "c1 x"),
        ("\x1bcreset \x1b(0line", "reset line"),
        ("\x1b]0;never closed\nnext line", "\nnext line"),
        ("over\rwritten\x08\x00\x7f", "overwritten"),
        ("user\u202egnp.exe\u2066\u2069\u200b\ufeff", "usergnp.exe"),
        ("\U000e0041tag \u2028line\ud800", "tag line"),
    ],
)
def test_nothing_steers_a_terminal_or_hides_text(message: str, shown: str) -> None:
    assert clean(message) == shown
    assert str(BootstrapError(message or "x", fix=message)) == f"{shown} {shown}"


def test_every_control_character_is_one() -> None:
    allowed = {chr(code) for code in range(0xA0) if chr(code) in clean(f"a{chr(code)}b")}
    assert allowed == {"\t", "\n", *string.printable[:95]}


def test_a_long_text_is_cut() -> None:
    message = clean("x" * 1_000_000)
    assert len(message) < 5_000 and message.endswith("… (996000 more characters)")


def test_short_words_are_no_secrets_and_one_task_is_not_the_next() -> None:
    remember("admin", "", None, "  ")
    assert clean("admin of kubeflow") == "admin of kubeflow"
    remember("kubeflow-password")
    assert clean("kubeflow-password") == "***"
    redact.forget()
    assert clean("kubeflow-password") == "kubeflow-password"


def test_data_is_cleaned_all_over() -> None:
    remember("secret-token-1")
    data = {"secret-token-1": [{"why": "secret-token-1\x1b[2J", "count": 3}, None, True], "good": ("a",)}
    assert cleaned(data) == {"***": [{"why": "***", "count": 3}, None, True], "good": ["a"]}
