"""Not waiting: the customer says how to be answered, closes the window, and nothing is lost. And what was seen."""

from __future__ import annotations

import re

from playwright.async_api import expect

from bot.transparency.wording import Language
from tests.browser.conftest import Windows
from tests.browser.stack import Login


async def test_a_customer_who_does_not_want_to_wait_is_answered_elsewhere(
    windows: Windows, anna: Login, language: Language
) -> None:
    agent = await (await windows.agent("de")).enter(anna)
    customer = await (await windows.customer(language)).open()
    customer.expect_console("status of 422")
    await customer.ask_for_a_person()
    await customer.choice(customer.words("button_leave")).click()
    form = customer.panel.locator("form.leave")
    await expect(form.get_by_role("radio", name=customer.words("widget_leave_mail"))).to_be_focused()
    await form.get_by_label(customer.words("widget_leave_contact_mail")).fill("eva.kern@")
    await form.get_by_role("button", name=customer.words("widget_leave_send")).click()
    await expect(form.get_by_role("alert")).to_have_text(customer.words("error_leave_contact"))
    await form.get_by_label(customer.words("widget_leave_phone")).check()
    await form.get_by_label(customer.words("widget_leave_contact_phone")).fill("0345 1234567")
    await form.get_by_role("button", name=customer.words("widget_leave_send")).click()
    told = await customer.arrived("system", customer.said("case_chosen_elsewhere"))
    number = re.search(r"KT-\d\d-\d+", await told.inner_text())
    assert number is not None
    await expect(form).to_be_hidden()
    await expect(customer.input).to_be_focused()
    await expect(customer.by("customer", "0345 1234567")).to_have_count(1)
    await customer.page.close()
    await agent.show("cases")
    await expect(agent.inbox).to_contain_text(number[0])


async def test_on_a_small_phone_what_was_wrong_can_be_put_right(desks: Windows, language: Language) -> None:
    customer = await (await desks.customer(language, viewport={"width": 320, "height": 568})).open()
    customer.expect_console("status of 422")
    await customer.ask_for_a_person()
    await customer.choice(customer.words("button_leave")).click()
    form = customer.panel.locator("form.leave")
    send = form.get_by_role("button", name=customer.words("widget_leave_send"))
    contact = form.get_by_label(customer.words("widget_leave_contact_mail"))
    await contact.fill("eva.kern@")
    await contact.press("Enter")
    await expect(form.get_by_role("alert")).to_have_text(customer.words("error_leave_contact"))
    await expect(contact).to_be_focused()
    for part in (contact, form.get_by_role("alert"), send):
        await expect(part).to_be_in_viewport(ratio=1)
    back = form.get_by_role("button", name=customer.words("widget_leave_cancel"))
    await back.click()
    await expect(customer.input).to_be_focused()


async def test_seen_is_shown_once_an_agent_has_it_on_screen(windows: Windows, anna: Login, language: Language) -> None:
    agent = await (await windows.agent("de")).enter(anna)
    customer = await (await windows.customer(language)).open()
    await customer.ask_for_a_person()
    await customer.say("Mein Anschluss ist gestört.")
    await expect(agent.row(await customer.conversation())).to_be_visible()
    mine = customer.by("customer", "gestört")
    await expect(mine.locator(".state.seen")).to_have_count(0)
    await agent.open(await customer.conversation())
    await expect(mine.locator(".state")).to_have_text(customer.words("widget_state_seen"))
    await expect(customer.thread.locator(".state.seen")).to_have_count(1)
    await customer.reload()
    await expect(mine.locator(".state")).to_have_text(customer.words("widget_state_seen"))
