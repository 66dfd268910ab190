"""Wrong answers, teams and canned replies as people use them: real Chromium over the real edge.

With `KLARTEXT_PICTURES` naming a folder, pictures of what is shown are left there.
"""

from __future__ import annotations

import os
import re
from pathlib import Path

import pytest
from axe_playwright_python.async_playwright import Axe
from playwright.async_api import Page, expect

from bot.transparency.wording import Language
from tests.integration.edge.conftest import PASSWORD, Edge
from tests.integration.edge.test_desk_office import RULES, Browser, _log_in, _open, browser, say

__all__ = ["browser"]
PICTURES = os.environ.get("KLARTEXT_PICTURES")


async def _picture(page: Page, name: str) -> None:
    if PICTURES:
        await page.screenshot(path=Path(PICTURES) / f"{name}.png")


async def _accessible(page: Page) -> None:
    found = await Axe().run(page, options=RULES)
    assert found.violations_count == 0, found.generate_report()
    assert await page.evaluate("document.documentElement.scrollWidth <= innerWidth")


@pytest.mark.timeout(300)
@pytest.mark.parametrize(
    ("language", "scheme", "width"), [("de", "light", 1440), ("en", "dark", 375)], ids=["wide", "phone"]
)
async def test_an_agent_reports_an_answer_and_a_supervisor_lets_the_bot_learn_from_it(
    edge: Edge, browser: Browser, language: Language, scheme: str, width: int
) -> None:
    edge.services.settings.training_data.mkdir(parents=True)
    await edge.services.agents.add("vera", "Vera Sommer", "supervisor", PASSWORD)
    look = {"color_scheme": scheme, "viewport": {"width": width, "height": 900}}
    async with edge.customer() as customer, edge.agent("anna") as anna:
        conversation = (await customer.hello(locale=language))["conversation"]
        for text in ("Warum ist meine Rechnung 2169047 so hoch?", "Nein, das meine ich nicht"):
            await customer.say(text)
            await customer.event("Echo")
        await customer.say("Mensch")
        await customer.event({"de": "unserem Team", "en": "our team"}[language])
        await anna.post(f"conversations/{conversation}/claim", {"epoch": 2})
    agent = await browser.window(language, **look)
    await _log_in(agent, "anna")
    await agent.goto(f"{browser.base}/desk#/mine/{conversation}")
    bubble = agent.locator('li[data-author="bot"]').filter(has_text="Echo: Warum")
    await bubble.get_by_role("button").click()
    dialog = agent.get_by_role("dialog")
    await dialog.get_by_label(say("desk_wrong_intent", language)).select_option("invoice_explain")
    await dialog.get_by_label(say("desk_wrong_note", language)).fill("Nicht die Kopie, der Betrag.")
    await _accessible(agent)
    await _picture(agent, f"report-{width}")
    await dialog.get_by_role("button", name=say("desk_wrong_confirm", language), exact=True).click()
    await expect(dialog).to_be_hidden()
    await expect(bubble.locator(".wrong")).to_contain_text(say("desk_wrong_reported", language, name="Anna Berger"))
    await expect(bubble.locator(".wrong")).to_contain_text(say("desk_wrong_state_open", language))
    # The disclosure is no answer to anything; the second answer can still be reported.
    first = agent.locator('li[data-author="bot"]').first
    await expect(first.get_by_role("button")).to_have_count(0)
    await expect(agent.locator('li[data-author="bot"] .wrong button')).to_have_count(2)
    await _picture(agent, f"reported-{width}")

    chief = await browser.window(language, **look)
    await _log_in(chief, "vera")
    await expect(chief.locator(".bar")).to_be_visible()
    await _open(chief, browser.base, "teaching", language)
    card = chief.locator(".report")
    await expect(card).to_have_count(1)
    await expect(card).to_contain_text("Nicht die Kopie, der Betrag.")
    sentence = card.get_by_label(say("desk_teach_example", language))
    await expect(sentence).to_have_value("Warum ist meine Rechnung *** so hoch?")
    await _accessible(chief)
    await _picture(chief, f"teaching-{width}")
    accept = card.get_by_role("button", name=say("desk_teach_accept", language), exact=True)
    await accept.click()
    await expect(card.locator(".form-error")).to_contain_text(say("desk_error_example_personal", language))
    await sentence.fill("Warum ist meine Rechnung so hoch?")
    await accept.click()
    meant = say("desk_intent_invoice_explain", language)
    await expect(card.get_by_role("status")).to_have_text(say("desk_teach_accepted", language, intent=meant))
    nothing_open = say("desk_teach_state_open", language, n=0)
    await expect(chief.locator(".office-page select option").first).to_have_text(nothing_open)
    await chief.locator(".office-page select").first.select_option("accepted")
    await expect(chief.locator(".report blockquote")).to_have_text("Warum ist meine Rechnung so hoch?")
    await _picture(chief, f"taught-{width}")
    written = (edge.services.settings.training_data / "accepted.yml").read_text()
    assert "- intent: invoice_explain\n  examples: |\n    - Warum ist meine Rechnung so hoch?" in written
    await agent.reload()
    await expect(bubble.locator(".wrong")).to_contain_text(say("desk_wrong_state_accepted", language, intent=meant))


@pytest.mark.timeout(300)
@pytest.mark.parametrize(
    ("language", "scheme", "width"), [("de", "light", 1440), ("en", "dark", 375)], ids=["wide", "phone"]
)
async def test_an_administrator_makes_a_team_and_a_reply_and_sees_what_a_customer_reads(
    edge: Edge, browser: Browser, language: Language, scheme: str, width: int
) -> None:
    page = await browser.window(language, color_scheme=scheme, viewport={"width": width, "height": 900})
    await _log_in(page, "clara")
    await expect(page.locator(".bar")).to_be_visible()
    await _open(page, browser.base, "teams", language)
    await page.get_by_role("button", name=say("desk_team_add", language)).click()
    dialog = page.get_by_role("dialog")
    save = dialog.get_by_role("button", name=say("desk_save", language), exact=True)
    await dialog.get_by_label(say("desk_team_id", language)).fill("service")
    await dialog.get_by_label(say("desk_team_name_de", language)).fill("<i>Technik</i>")
    await dialog.get_by_label(say("desk_team_name_en", language)).fill("<i>Technik</i>")
    await dialog.get_by_label("Ben Adler").check()
    await dialog.get_by_label(say("desk_intent_router_help", language), exact=True).check()
    await _accessible(page)
    await _picture(page, f"team-{width}")
    await save.click()
    await expect(dialog.get_by_role("alert")).to_contain_text(say("desk_error_team_id", language))
    await dialog.get_by_label(say("desk_team_id", language)).fill("technik")
    await save.click()
    row = page.get_by_role("row").filter(has_text="technik")
    await expect(row).to_contain_text("<i>Technik</i>")
    await expect(row).to_contain_text("Ben Adler")
    await expect(row).to_contain_text(say("desk_intent_router_help", language))
    await _accessible(page)
    await _picture(page, f"teams-{width}")

    await _open(page, browser.base, "replies", language)
    await page.get_by_role("button", name=say("desk_reply_add", language)).click()
    await dialog.get_by_label(say("desk_reply_shortcut", language)).fill("neustart")
    for lang, title in (("de", "Neu starten"), ("en", "Restart")):
        await dialog.get_by_label(say(f"desk_reply_title_{lang}", language)).fill(title)
        await dialog.get_by_label(say(f"desk_reply_text_{lang}", language)).fill("Hallo {nobody}, ")
    german = dialog.locator(".field").filter(has=page.get_by_label(say("desk_reply_text_de", language)))
    await german.get_by_role("button", name=say("desk_variable_agent_name", language)).click()
    await expect(german.locator("blockquote")).to_have_text(
        f"Hallo {{nobody}}, {say('desk_variable_agent_name_sample', language)}"
    )
    await _accessible(page)
    await _picture(page, f"reply-{width}")
    await save.click()
    await expect(dialog.get_by_role("alert")).to_contain_text("nobody")
    for lang in ("de", "en"):
        await dialog.get_by_label(say(f"desk_reply_text_{lang}", language)).fill("Hallo {customer_name}")
    await save.click()
    row = page.get_by_role("row").filter(has_text="/neustart")
    await expect(row).to_contain_text(say("desk_reply_origin_company", language))
    await _accessible(page)
    await _picture(page, f"replies-{width}")
    await row.get_by_role("button").click()
    await dialog.get_by_role("button", name=say("desk_reply_remove_company", language)).click()
    await expect(row).to_have_count(0)
    await page.get_by_role("row").filter(has_text=re.compile("/router")).get_by_role("button").click()
    await expect(dialog.get_by_role("button", name=say("desk_reply_remove_replaced", language))).to_have_count(0)


async def test_changing_the_language_keeps_what_was_typed_to_sign_in(edge: Edge, browser: Browser) -> None:
    page = await browser.window("de")
    await page.locator("#login").fill("anna")
    await page.locator("#password").fill("geheim")
    await page.get_by_role("button", name="English").click()
    await expect(page.get_by_role("button", name=say("desk_login_submit", "en"))).to_be_visible()
    await expect(page.locator("#login")).to_have_value("anna")
    await expect(page.locator("#password")).to_have_value("geheim")
