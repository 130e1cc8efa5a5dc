"""Emergency words work by fixed rules, with every model down (spec/chat.md, Path of a message, 2)."""

import pytest

from assistant.safety import EmergencyRequest, emergency_request


@pytest.mark.parametrize(
    "text",
    [
        "emergency stop",
        "EMERGENCY STOP!!!",
        "  Emergency   Stop  ",
        "emergency\nstop",
        "emergency-stop",
        "emergancy stop",
        "emergency stpo",
        "halt evrything",
        "halt everything",
        "stop everything now",
        "please stop all trading immediately",
        "stop all my bots right now",
        "kill switch",
        "pull the kill switch",
        "killswitch",
        "panic",
        "e-stop",
        "/stop",
        "/STOP!",
        "shut it all down now",
        "can you emergency stop?",
        "emer\u200bgency\u202e stop",
        "".join(chr(ord(c) + 0xFEE0) if c.isalpha() else c for c in "EMERGENCY STOP"),  # full width
        "CONFIRM EMERGENCY STOP",
        "emergency stop, keep my positions",
        "emergency stop but don't sell anything",
    ],
)
def test_a_plain_emergency_is_recognised_however_it_is_typed(text: str):
    assert emergency_request(text) == EmergencyRequest(flatten=False)


@pytest.mark.parametrize(
    "text",
    [
        "emergency stop and sell everything",
        "EMERGENCY STOP AND FLATTEN",
        "halt everything, liquidate all my positions",
        "sell everything and stop all trading",
        "/stop flatten",
    ],
)
def test_selling_is_part_of_it_only_when_said(text: str):
    assert emergency_request(text) == EmergencyRequest(flatten=True)


@pytest.mark.parametrize(
    "text",
    [
        "",
        "   ",
        "what does emergency stop do?",
        "emergency stop?",
        "how do I use the kill switch",
        "don't emergency stop",
        "do not stop everything",
        "never emergency stop",
        "no emergency stop",
        "if it crashes, emergency stop",
        "emergency stop tomorrow",
        '"emergency stop"',
        "cancel the emergency stop",
        "lift the emergency stop",
        "stop the emergency stop",
        "/stop alpha",
        "stop alpha",
        "stop",
        "stop everything else",
        "start everything",
        "shop everything",
        "sell everything",
        "pause everything",
        "emergency stop " * 40,
    ],
)
def test_questions_negations_and_other_commands_are_not_emergencies(text: str):
    assert emergency_request(text) is None
