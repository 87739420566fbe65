"""Answers of name servers: also those that are broken, late, or of somebody else."""

from __future__ import annotations

import socket
import threading
import typing as t
from collections.abc import Callable, Iterator

import dns.message
import dns.rcode
import dns.rdatatype
import dns.rrset
import pytest
from ansible_collections.kubeflow.bootstrap.plugins.module_utils.errors import BootstrapError
from ansible_collections.kubeflow.bootstrap.plugins.module_utils.steps.dns import verify as verify_module
from ansible_collections.kubeflow.bootstrap.plugins.module_utils.steps.dns.verify import server, verify
from ansible_collections.kubeflow.bootstrap.tests.patience import no_hang

Server = Callable[[Callable[[bytes], list[bytes]]], str]


@pytest.fixture
def answering() -> Iterator[Server]:
    """``answering(f)``: the address of a name server that answers a question with the messages that ``f`` makes of it."""
    open_sockets: list[socket.socket] = []

    def start(answer: Callable[[bytes], list[bytes]]) -> str:
        listener = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
        listener.bind(("127.0.0.1", 0))
        open_sockets.append(listener)

        def serve() -> None:
            while True:
                try:
                    question, sender = listener.recvfrom(512)
                except OSError:
                    return
                for message in answer(question):
                    listener.sendto(message, sender)

        threading.Thread(target=serve, daemon=True).start()
        return f"127.0.0.1:{listener.getsockname()[1]}"

    yield start
    for each in open_sockets:
        each.close()


NAME = "kubeflow.example.com."
A, AAAA = (NAME, "A", "203.0.113.1"), (NAME, "AAAA", "2001:db8::1")
CNAME = (NAME, "CNAME", "lb.example.com.")
Record = tuple[str, str, str]


def reply(question: bytes, *records: Record, code: int = 0) -> bytes:
    """The records of the kind that is asked for, and aliases."""
    asked = dns.message.from_wire(question)
    answer = dns.message.make_response(asked)
    answer.set_rcode(dns.rcode.Rcode(code))
    kinds = (dns.rdatatype.to_text(asked.question[0].rdtype), "CNAME")
    answer.answer = [dns.rrset.from_text(name, 60, "IN", kind, data) for name, kind, data in records if kind in kinds]
    return answer.to_wire()


def look(where: str, *addresses: str, seconds: float = 0.0) -> tuple[bool, str]:
    return verify("kubeflow.example.com", addresses or ("203.0.113.1",), seconds, where, lambda line: None)


def test_all_addresses_count_behind_aliases_too(answering: Server) -> None:
    where = answering(lambda question: [reply(question, CNAME, *(("lb.example.com.", *each[1:]) for each in (A, AAAA)))])
    assert look(where) == (True, f"kubeflow.example.com leads to 2001:db8::1, 203.0.113.1, says the name server {where}.")
    assert look(where, "203.0.113.1", "2001:db8::1")[0]
    assert not look(where, "203.0.113.1", "203.0.113.2")[0]


def test_a_name_that_leads_to_another_name_leads_where_that_leads(answering: Server) -> None:
    assert look(answering(lambda question: [reply(question, A, ("lb.example.net.", *A[1:]))]), "lb.example.net")[0]


@pytest.mark.parametrize(
    ("answer", "why"),
    [
        (lambda question: [reply(question, code=3)], "there is no such name"),
        (lambda question: [reply(question, code=2)], "SERVFAIL"),
        (lambda question: [reply(question)], "there is no address of that name"),
        (lambda question: [question[:2] + b"\x81"], "no answer within 1 s"),
        (lambda question: [reply(question, A)[:-6]], "no answer within 1 s"),
    ],
)
def test_what_no_answer_says(answering: Server, answer: t.Any, why: str) -> None:
    verified, reason = look(answering(answer))
    assert not verified and why in reason


def test_an_answer_to_another_question_is_passed_over(answering: Server) -> None:
    forged = (NAME, "A", "198.51.100.1")
    where = answering(lambda question: [bytes([question[0] ^ 1, *reply(question, forged)[1:]]), reply(question, A)])
    assert look(where) == (True, f"kubeflow.example.com leads to 203.0.113.1, says the name server {where}.")


def test_without_dnspython_only_the_resolver_of_the_machine_is_asked(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(verify_module, "dns", None)
    with pytest.raises(BootstrapError, match="dnspython is needed"):
        look("127.0.0.1:53")


def test_silence_is_bounded(answering: Server) -> None:
    with no_hang(2):
        verified, reason = look(answering(lambda question: []), seconds=1.0)
    assert not verified and "no answer within 1 s" in reason


def test_where_a_name_server_is() -> None:
    assert server("192.0.2.1") == ("192.0.2.1", 53)
    assert server("192.0.2.1:5353") == ("192.0.2.1", 5353)
    assert server("2001:db8::1") == ("2001:db8::1", 53)
    assert server("[2001:db8::1]:5353") == ("2001:db8::1", 5353)
    for wrong in ("ns.example.com", "192.0.2.1:0", "192.0.2.1:x", ""):
        with pytest.raises(BootstrapError):
            server(wrong)
