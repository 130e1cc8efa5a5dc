"""A confirmation is consumed by its own person, in its own conversation, in time, unchanged, once (spec/chat.md)."""

from dataclasses import replace
from datetime import timedelta

import pytest

from core.domain.confirmation import Answer, ConfirmationRecord, ConfirmationStatus, arguments_digest, check_answer
from core.domain.errors import Conflict, InvalidInput
from tests.builders import T0, at

ARGUMENTS = {"bots": ["Alpha"], "capital": "1000", "close": False}
RECORD = ConfirmationRecord(
    confirmation_id="c",
    user_id="ada",
    conversation_id="chat",
    tool="emergency_stop",
    arguments=ARGUMENTS,
    arguments_sha256=arguments_digest(ARGUMENTS),
    title="Stop everything",
    effect=("Trading is halted.",),
    basis={"halted": "no"},
    created_at=T0,
    expires_at=T0 + timedelta(seconds=120),
    status=ConfirmationStatus.PENDING,
    version=1,
    phrase="STOP EVERYTHING",
)
ANSWER = Answer("ada", "chat", "STOP EVERYTHING")


@pytest.mark.parametrize("phrase", ["STOP EVERYTHING", "  STOP EVERYTHING\n"])
def test_the_typed_phrase_is_an_approval(phrase: str):
    check_answer(RECORD, replace(ANSWER, phrase=phrase), at(119.999))


@pytest.mark.parametrize("phrase", [None, "anything"])
def test_a_click_is_enough_where_no_phrase_is_asked_for(phrase: str | None):
    check_answer(replace(RECORD, phrase=None), replace(ANSWER, phrase=phrase), T0)


@pytest.mark.parametrize(
    "phrase", [None, "", "yes", "stop everything", "STOP  EVERYTHING", "STOP EVERYTHING!", "STOP\u200bEVERYTHING"]
)
def test_a_wrong_phrase_is_refused_and_leaves_the_proposal_open(phrase: str | None):
    with pytest.raises(InvalidInput, match="Type exactly: STOP EVERYTHING"):
        check_answer(RECORD, replace(ANSWER, phrase=phrase), T0)
    check_answer(RECORD, ANSWER, at(1))


@pytest.mark.parametrize(
    ("record", "answer", "seconds", "words"),
    [
        (RECORD, replace(ANSWER, user_id="eve"), 0, "another conversation"),
        (RECORD, replace(ANSWER, conversation_id="other"), 0, "another conversation"),
        (replace(RECORD, status=ConfirmationStatus.APPROVED), ANSWER, 0, "already answered"),
        (replace(RECORD, status=ConfirmationStatus.DONE), ANSWER, 0, "already answered"),
        (replace(RECORD, status=ConfirmationStatus.CANCELLED), ANSWER, 0, "already answered"),
        (RECORD, ANSWER, 120, "expired"),
        (RECORD, ANSWER, 9_999, "expired"),
        (replace(RECORD, arguments=ARGUMENTS | {"close": True}), ANSWER, 0, "does not match"),
        (replace(RECORD, arguments=ARGUMENTS | {"more": None}), ANSWER, 0, "does not match"),
        (replace(RECORD, arguments_sha256=""), ANSWER, 0, "does not match"),
    ],
)
def test_any_other_answer_denies_and_says_why(record: ConfirmationRecord, answer: Answer, seconds: int, words: str):
    with pytest.raises(Conflict, match=words):
        check_answer(record, answer, at(seconds))


def test_a_stranger_with_the_right_phrase_learns_nothing_about_the_proposal():
    done = replace(RECORD, status=ConfirmationStatus.DONE)
    for record in (RECORD, done):
        with pytest.raises(Conflict) as refused:
            check_answer(record, Answer("eve", "chat", None), at(9_999))
        assert refused.value.message == "That confirmation belongs to another conversation. Nothing was done."


def test_the_digest_depends_on_every_argument_and_not_on_their_order():
    assert arguments_digest({"b": 1, "a": "x"}) == arguments_digest({"a": "x", "b": 1})
    assert len({arguments_digest(a) for a in ({}, {"a": None}, {"a": ""}, {"a": "1"}, {"a": 1}, {"b": 1})}) == 6
