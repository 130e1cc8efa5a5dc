"""A person in front of a browser: logs in, types, clicks, reads."""

import re
from dataclasses import dataclass
from decimal import Decimal
from pathlib import Path

from playwright.async_api import Locator, Page, expect

ARTIFACTS = Path(__file__).parents[2] / "test-artifacts"
SLOW_MS = 60_000
_CHARTS_FIT = """() => [...document.querySelectorAll('.js-plotly-plot')].every(plot =>
  plot.querySelector('.main-svg').getBoundingClientRect().right <= window.innerWidth)"""
_FOOT = re.compile(r"ledger #(\d+)")


@dataclass(frozen=True, slots=True)
class CardFigures:
    """What a card says: exact figures by label, the marks it used, and the ledger position it is of."""

    exact: dict[str, Decimal]
    marks: dict[str, Decimal]
    seq: int


@dataclass
class Chat:
    """One browser tab on the chat."""

    page: Page
    url: str

    async def log_in(self, email: str, password: str) -> None:
        await self.page.goto(f"{self.url}/login")
        await self.page.fill("#email", email)
        await self.page.fill("#password", password)
        await self.page.keyboard.press("Enter")
        await self.greeted()

    async def open(self) -> None:
        """Come back with a session that is still valid; starts a new conversation."""
        await self.page.goto(self.url)
        await self.greeted()

    async def greeted(self) -> None:
        await expect(self.page.locator("#chat-input")).to_be_visible(timeout=SLOW_MS)
        await self.until("Welcome to Amarktai")

    async def log_out(self) -> None:
        await self.page.locator("#user-nav-button").click()
        await self.page.get_by_role("menuitem").filter(has_text="Logout").click()
        await expect(self.page.locator("#email")).to_be_visible(timeout=SLOW_MS)

    async def say(self, text: str) -> None:
        """Type and send, once the answer before is finished."""
        await expect(self.page.locator("#stop-button")).to_have_count(0, timeout=SLOW_MS)
        box = self.page.locator("#chat-input")
        await box.click()
        await box.fill(text)
        await self.page.keyboard.press("Enter")
        await expect(box).to_have_text("", timeout=SLOW_MS)

    def answers(self, text: str | re.Pattern[str]) -> Locator:
        """All answers that hold this text."""
        return self.page.locator(".ai-message").filter(has_text=text)

    async def until(self, text: str | re.Pattern[str], times: int = 1) -> Locator:
        """The newest answer that holds this text, once that many are there."""
        answer = self.answers(text).nth(times - 1)
        await expect(answer).to_be_visible(timeout=SLOW_MS)
        return answer

    async def words(self) -> str:
        """Everything the assistant has shown so far."""
        return "\n".join(await self.page.locator(".ai-message").all_inner_texts())

    def cards(self, title: str) -> Locator:
        """All cards and tables of this title."""
        return self.page.locator(f'section[aria-label="{title}"]')

    async def asks_for(self, text: str, title: str) -> Locator:
        """Say something that is answered by a card or table of this title, and wait for the new one."""
        before = await self.cards(title).count()
        await self.say(text)
        card = self.cards(title).nth(before)
        await expect(card).to_be_visible(timeout=SLOW_MS)
        return card

    async def confirm(self, title: str, phrase: str | None = None) -> None:
        """Answer the open confirmation card of this title."""
        card = self.page.locator(f'section[data-confirmation][aria-label="{title}"]:has(form)')
        await expect(card).to_be_visible(timeout=SLOW_MS)
        if phrase is not None:
            await card.locator("input[name=phrase]").fill(phrase)
        await card.get_by_role("button", name="Confirm").click()

    async def confirmed(self, title: str, phrase: str | None = None) -> None:
        """The same, and the card says that it was taken."""
        taken = self.cards(title).locator("[data-state=confirmed]")
        before = await taken.count()
        await self.confirm(title, phrase)
        await expect(taken).to_have_count(before + 1, timeout=SLOW_MS)

    async def figures(self, card: Locator) -> CardFigures:
        """The exact figures behind a card's rounded ones."""
        exact: dict[str, Decimal] = {}
        for cell in await card.locator("dd[data-exact]").all():
            label, figure = await cell.get_attribute("data-label"), await cell.get_attribute("data-exact")
            exact[label or ""] = Decimal(figure or "")
        found = _FOOT.search(await card.locator(".amk-foot").inner_text())
        assert found, "the card does not say which ledger position it is of"
        marks = {label.removesuffix(" mark"): price for label, price in exact.items() if label.endswith(" mark")}
        return CardFigures(exact, marks, int(found[1]))

    async def light(self) -> None:
        """Switch to the light theme."""
        await self.page.locator("#theme-toggle").click()
        await self.page.get_by_role("menuitem", name="Light").click()
        await expect(self.page.locator("html.light")).to_have_count(1)

    async def picture(self, name: str, width: int = 1280, at: Locator | None = None) -> None:
        """Keep a screenshot for people to look at, with the newest answer (or that place) in view and charts fitted."""
        ARTIFACTS.mkdir(exist_ok=True)
        await self.page.set_viewport_size({"width": width, "height": 900 if width > 1000 else 844})
        await self.page.wait_for_function(_CHARTS_FIT, timeout=SLOW_MS)
        await (at or self.page.locator(".ai-message").last).scroll_into_view_if_needed()
        await self.page.screenshot(path=ARTIFACTS / f"{name}-{width}.png", animations="disabled")
