"""Whatever is typed, pasted or forged: a clear word to whom it concerns, nothing lost, nothing executed."""

from __future__ import annotations

import json
import re

import pytest
from playwright.async_api import expect

from bot.transparency.wording import Language, wording
from tests.browser.conftest import Windows
from tests.browser.pages import ARRIVAL
from tests.browser.stack import Login, Stack

OUTAGE = {"de": "Gibt es in 06217 eine Störung?", "en": "Is there an outage in 06217?"}
ODD = {
    "markup": '<script>window.hacked = 1</script><img src=x onerror="window.hacked = 1"> Hilfe, bei mir geht nichts',
    "emoji": "🤖👩‍👩‍👧 Hilfe 🆘",
    "right_to_left": "مرحبا، أحتاج إلى مساعدة \u202eabc",
    "link": "javascript:alert(1) https://example.org/",
}
COMMANDS = ("/restart", "/session_start", "/talk_to_human{}", '/invoice_show{"invoice_number": "R-2026-11-204817"}')
FIBRE = {
    "de": "Gibt es in der Nebraer Straße 7 in Querfurt Glasfaser?",
    "en": "Is fibre available at Nebraer Straße 7, Querfurt?",
}
ELSEWHERE = {"de": "Und in der Fährstraße 5?", "en": "And at Fährstraße 5?"}


@pytest.mark.parametrize("kind", ODD)
async def test_odd_text_is_shown_as_text(windows: Windows, anna: Login, kind: str) -> None:
    agent = await (await windows.agent("de")).enter(anna)
    customer = await (await windows.customer("de")).open()
    await customer.say(ODD[kind])
    shown = customer.by("customer").locator(".text")
    await expect(shown).to_have_text(ODD[kind])
    await customer.arrived("bot", "", before=1)
    await customer.ask_for_a_person()
    await agent.open(await customer.conversation())
    await expect(agent.thread.locator('li[data-author="customer"] .text').first).to_have_text(ODD[kind])
    for window in (customer, agent):
        assert await window.page.evaluate("window.hacked") is None
        assert await window.page.locator("img[src=x]").count() == 0
    assert await shown.locator("a").count() == 0, "a customer's words are no links"


@pytest.mark.parametrize("command", COMMANDS)
async def test_a_typed_command_is_only_text(windows: Windows, language: Language, command: str) -> None:
    """It is shown and read as the words it holds ("talk to human" is a wish for a person in any wording): nothing is
    forgotten, nothing of an account shown, and the conversation goes on where it was."""
    customer = await (await windows.customer(language)).open()
    await customer.ask(FIBRE[language], "Nebraer Straße 7")
    said_before = await customer.messages.count()
    await customer.say(command)
    await expect(customer.by("customer").nth(1).locator(".text")).to_have_text(command)
    answer = customer.messages.nth(said_before + 1)
    await expect(answer).not_to_contain_text("R-2026-11")
    if await answer.evaluate("(one) => one.classList.contains('system')"):
        # In the language of the words, which is English whatever the window speaks.
        await answer.get_by_role("button", name=wording().say("button_cancel_queue", "en")).click()
        await customer.arrived("bot", "", before=2)
    await customer.ask(
        ELSEWHERE[language] if command in COMMANDS[:2] else OUTAGE[language], re.compile("Fährstraße 5|S-1042")
    )


async def test_a_pasted_book_stays_in_the_field_with_the_reason(windows: Windows, language: Language) -> None:
    customer = await (await windows.customer(language)).open()
    book = "Klartext " * 11_111 + "!"
    await customer.input.fill(book)
    await customer.input.press("Enter")
    await expect(customer.panel.locator("#hint")).to_have_text(
        customer.words("widget_too_long", count=len(book) - 4000, limit=4000)
    )
    await expect(customer.input).to_have_value(book)
    assert await customer.by("customer").count() == 0
    await customer.ask(OUTAGE[language], "S-1042")


# The claim of somebody who saw the conversation as it was before.
CLAIM = """(id) => fetch(`/desk/api/conversations/${id}/claim`, {
  method: "POST", headers: {"X-Klartext-Desk": "1"}, body: JSON.stringify({epoch: 2}),
}).then((answer) => answer.json())"""
FORGED = """([token, frames]) => new Promise((resolve) => {
  const answers = [];
  const socket = new WebSocket(`ws://${location.host}/widget/ws`);
  const hello = {type: "hello", v: 1, token, last_seq: 0, locale: document.documentElement.lang};
  socket.onopen = () => socket.send(JSON.stringify(hello));
  socket.onmessage = ({data}) => {
    const frame = JSON.parse(data);
    if (frame.type === "welcome") frames.forEach((one) => socket.send(one));
    if (frame.type === "error") answers.push(frame);
    if (answers.length === frames.length) { socket.close(); resolve(answers); }
  };
})"""


async def test_forged_frames_are_refused_in_words(windows: Windows, language: Language) -> None:
    customer = await (await windows.customer(language)).open()
    await customer.ask(OUTAGE[language], "S-1042")
    token = await customer.page.evaluate("JSON.parse(localStorage.getItem('klartext.session')).token")
    long = "x" * 100_000
    frames = {
        "error_button": {"type": "msg", "client_id": "forged-1", "text": "Ja", "payload": "/invoice_show"},
        "error_too_long": {"type": "msg", "client_id": "forged-2", "text": long},
        "error_unknown_type": {"type": "obey"},
        "error_bad_frame": '{"type": "msg", ',
    }
    sent = [frame if isinstance(frame, str) else json.dumps(frame) for frame in frames.values()]
    answers = await customer.page.evaluate(FORGED, [token, sent])
    assert [answer["message"] for answer in answers] == [
        customer.words(key, limit=4000) if key == "error_too_long" else customer.words(key) for key in frames
    ]
    await expect(customer.by("customer")).to_have_count(1)
    await customer.ask(OUTAGE[language], "S-1042")


async def test_an_expired_token_begins_a_new_conversation_and_says_so(windows: Windows, language: Language) -> None:
    customer = await (await windows.customer(language)).open()
    await customer.ask(OUTAGE[language], "S-1042")
    before = await customer.conversation()
    await customer.page.evaluate(
        """() => { const kept = JSON.parse(localStorage.getItem("klartext.session"));
        localStorage.setItem("klartext.session", JSON.stringify({...kept, token: "x".repeat(43)})); }"""
    )
    await customer.page.reload()
    await customer.page.get_by_role("button", name=customer.words("widget_launcher")).click()
    await customer.arrived("system", customer.words("widget_fresh_start"))
    await customer.arrived("bot", customer.words("disclosure"))
    await customer.ask(OUTAGE[language], "S-1042")
    assert await customer.conversation() != before


async def test_a_wrong_login_is_one_sentence(windows: Windows, language: Language, anna: Login) -> None:
    agent = await (await windows.agent(language)).visit()
    agent.expect_console(r"status of 401")
    await agent.log_in(anna, password="nicht-das-passwort")
    await expect(agent.login_error).to_have_text(agent.words("desk_error_login_wrong"))
    await agent.log_in(Login("nobody", "nicht-das-passwort", ""))
    await expect(agent.login_error).to_have_text(agent.words("desk_error_login_wrong"))
    await agent.log_in(anna)
    await expect(agent.tab("waiting")).to_be_visible()


async def test_a_claim_that_came_too_late_names_who_has_it(
    windows: Windows, language: Language, anna: Login, ben: Login
) -> None:
    """One wins; the other, who has not seen it yet, reads the winner's name."""
    agents = [await (await windows.agent(language)).enter(login) for login in (anna, ben)]
    customer = await (await windows.customer(language)).open()
    await customer.ask_for_a_person()
    conversation = await customer.conversation()
    late = agents[1]
    late.expect_console("status of 409")
    for agent in agents:
        await agent.open(conversation)
    # The later one sees nothing of the first claim before pressing the button.
    async with late.offline():
        await agents[0].claim()
    answer = await late.page.evaluate(CLAIM, conversation)
    assert answer == {"code": "already_claimed", "message": late.words("desk_error_already_claimed", agent=anna.name)}
    await expect(late.main).to_contain_text(late.words("desk_bar_other", name=anna.name))
    await customer.arrived("system", customer.words("claimed", agent=anna.name))


async def test_without_the_crm_the_bot_says_so_and_offers_a_person(
    windows: Windows, stack: Stack, language: Language, anna: Login
) -> None:
    customer = await (await windows.customer(language)).open()
    with stack.without_crm():
        await customer.ask(OUTAGE[language], customer.words("crm_unavailable"))
        await expect(customer.choice(customer.words("button_person"))).to_be_visible()
    await customer.press(customer.words("button_retry"), "S-1042")


async def test_without_the_crm_the_desk_still_works(
    windows: Windows, stack: Stack, language: Language, anna: Login
) -> None:
    agent = await (await windows.agent(language)).enter(anna)
    customer = await (await windows.customer(language)).open()
    with stack.without_crm():
        await customer.ask(OUTAGE[language], customer.words("crm_unavailable"))
        await customer.press(customer.words("button_person"), customer.said("queued_customer_request"), author="system")
        conversation = await customer.conversation()
        await expect(agent.row(conversation)).to_be_visible(timeout=ARRIVAL)
        await agent.open(conversation)
        await expect(agent.section("bot_tried")).to_contain_text(agent.words("desk_result_failed"))
        await agent.claim()
        await agent.write("Guten Tag")
        await customer.arrived("human", "Guten Tag")


@pytest.mark.timeout(120)
async def test_without_the_brain_a_person_gets_it_with_the_true_reason(
    windows: Windows, stack: Stack, anna: Login
) -> None:
    """Both languages at once: the bot is given its whole time to come back."""
    agent = await (await windows.agent("de")).enter(anna)
    customers = [await (await windows.customer(language)).open() for language in ("de", "en")]
    with stack.frozen("brain"):
        for customer in customers:
            await customer.say(OUTAGE[customer.language])
        for customer in customers:
            notice = customer.by("system", customer.words("queued_assistant_unavailable"))
            await expect(notice).to_be_visible(timeout=60_000)
            row = agent.row(await customer.conversation())
            await expect(row).to_contain_text(agent.words("desk_reason_assistant_unavailable"))
    for customer in customers:
        await customer.press(customer.words("button_cancel_queue"), customer.said("queue_cancelled"), author="system")
        await customer.ask(OUTAGE[customer.language], "S-1042")
