"""A person in front of a browser: logs in, types, clicks, reads."""

import re
from dataclasses import dataclass
from decimal import Decimal

from playwright.async_api import Locator, Page, expect

SLOW_MS = 60_000


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
        await expect(self.page.locator("#chat-input")).to_be_visible(timeout=SLOW_MS)
        await self.until("Welcome to Amarktai")

    async def say(self, text: str) -> None:
        box = self.page.locator("#chat-input")
        await box.click()
        await box.fill(text)
        await self.page.keyboard.press("Enter")
        await expect(box).to_have_text("", timeout=SLOW_MS)

    async def until(self, text: str | re.Pattern[str]) -> Locator:
        """The newest answer that holds this text, once it is there."""
        answer = self.page.locator(".ai-message").filter(has_text=text).last
        await expect(answer).to_be_visible(timeout=SLOW_MS)
        return answer

    def card(self, title: str) -> Locator:
        """The newest confirmation card of this title."""
        return self.page.locator(f'section[data-confirmation][aria-label="{title}"]').last

    async def confirm(self, title: str, phrase: str | None = None) -> None:
        card = self.card(title)
        await expect(card).to_be_visible(timeout=SLOW_MS)
        if phrase is not None:
            await card.locator("input[name=phrase]").fill(phrase)
        await card.get_by_role("button", name="Confirm").click()

    async def figures(self, title: str) -> dict[str, Decimal]:
        """The exact figures of the newest card of this title, by label."""
        card = self.page.locator(f'section[aria-label="{title}"]').last
        await expect(card).to_be_visible(timeout=SLOW_MS)
        found: dict[str, Decimal] = {}
        for cell in await card.locator("dd[data-exact]").all():
            label, exact = await cell.get_attribute("data-label"), await cell.get_attribute("data-exact")
            found[label or ""] = Decimal(exact or "")
        return found
