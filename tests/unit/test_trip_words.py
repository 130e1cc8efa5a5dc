"""An alert of a trip names what was measured, in a unit that people read (spec/pipeline.md, gate 4)."""

import pytest

from core.domain.events import BreakerTripped, Metric
from core.services.breaker_alarm import trip_words
from tests.builders import BOT, dec


@pytest.mark.parametrize(
    ("fact", "bot", "words"),
    [
        (
            BreakerTripped(Metric.DRAWDOWN, dec("0.213456"), dec("0.20"), {}, BOT),
            "Alpha",
            "The circuit breaker of Alpha opened: drawdown 21.35 %, limit 20 %. Nothing enters.",
        ),
        (
            BreakerTripped(Metric.CONSECUTIVE_LOSSES, dec(5), dec(5)),
            None,
            "The circuit breaker of your account opened: consecutive losses 5, limit 5. Nothing enters.",
        ),
    ],
)
def test_fractions_are_told_in_percent_and_counts_as_they_are(fact: BreakerTripped, bot: str | None, words: str):
    assert trip_words(fact, bot) == words
