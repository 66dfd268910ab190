"""The chat on another company's website: one tag, two directives of a strict policy, commands, events, settings."""

from __future__ import annotations

import re
from urllib.parse import urlsplit

import pytest
from playwright.async_api import expect

from bot.transparency.wording import Language
from tests.browser.conftest import Windows
from tests.browser.pages import SOURCE, CustomerWindow
from tests.browser.site import TITLE, Site
from tests.browser.stack import Stack

OUTAGE = {"de": "Gibt es in 06217 eine Störung?", "en": "Is there an outage in 06217?"}
CONTACT = "Wie erreiche ich Sie am Telefon?"
EVENTS = ("ready", "open", "close", "message", "unread", "holder", "connection", "locale", "identified", "reset")
# A page that gives commands before the chat's file has arrived.
QUEUE = """window.seen = [];
window.klartext = window.klartext || function () { (klartext.q = klartext.q || []).push(arguments); };
for (const name of %s) klartext("on", name, (detail) => seen.push([name, detail]));"""
STORED = "localStorage.length + sessionStorage.length + document.cookie.length"


async def visitor(windows: Windows, site: Site, language: Language = "de") -> CustomerWindow:
    """A customer on the other company's website, whose page listens to every event."""
    customer = await windows.customer(language)
    customer.base = site.origin
    site.attributes.setdefault("data-language", language)
    await customer.page.add_init_script(QUEUE % list(EVENTS))
    return customer


async def events(customer: CustomerWindow, name: str) -> list[dict[str, object]]:
    """What the page was told."""
    found: list[dict[str, object]] = await customer.page.evaluate(
        "(name) => seen.filter(([one]) => one === name).map(([, detail]) => detail)", name
    )
    return found


async def test_two_directives_are_enough_and_nothing_leaves_for_elsewhere(
    windows: Windows, site: Site, stack: Stack, language: Language
) -> None:
    customer = await visitor(windows, site, language)
    asked: set[str] = set()
    customer.page.on("request", lambda request: asked.add(urlsplit(request.url).netloc))
    await customer.page.goto(site.origin)
    launcher = customer.page.get_by_role("button", name=customer.words("widget_launcher"))
    await expect(launcher).to_be_visible()
    assert await customer.page.evaluate(STORED) == 0
    await customer.open_chat()
    await expect(customer.messages.first).to_contain_text(customer.words("disclosure"))
    assert await customer.page.evaluate(STORED) == 0, "stored before the customer said anything"
    await customer.ask(OUTAGE[language], "S-1042")
    assert asked == {urlsplit(site.origin).netloc, urlsplit(stack.base).netloc}
    assert await customer.page.evaluate("document.cookie") == ""
    await customer.page.reload()
    await customer.open_chat()
    await customer.arrived("bot", "S-1042")


async def test_over_http_from_another_origin(windows: Windows, site: Site) -> None:
    """The fallback crosses origins as well, with the same two directives."""
    customer = await visitor(windows, site)
    customer.expect_console("WebSocket connection to")
    await customer.page.add_init_script(
        "window.WebSocket = class { constructor() { setTimeout(() => this.onclose?.({code: 1006})); } close() {} };"
    )
    await customer.page.goto(site.origin)
    await customer.open_chat()
    await customer.ask(OUTAGE["de"], "S-1042")
    assert {"state": "open", "over": "http"} in await events(customer, "connection")


async def test_commands_given_before_it_is_there_are_carried_out_in_order(windows: Windows, site: Site) -> None:
    customer = await visitor(windows, site)
    await customer.page.add_init_script("klartext('setLocale', 'en'); klartext('toggle');")
    await customer.page.goto(site.origin)
    customer.language = "en"
    await expect(customer.panel).to_be_visible()
    await expect(customer.messages.first).to_contain_text(customer.words("disclosure"))
    assert await events(customer, "ready") == [{}]
    assert await events(customer, "locale") == [{"language": "en"}]
    assert await events(customer, "open") == [{}]


async def test_every_command_and_what_the_page_learns(windows: Windows, site: Site) -> None:
    customer = await visitor(windows, site)
    page = customer.page
    customer.expect_console("there is no command", '"on" takes one of', "the page's callback", "klartext: identify_")
    await page.goto(site.origin)
    await expect(page.get_by_role("button", name=customer.words("widget_launcher"))).to_be_visible()
    for command, shown in (("open", True), ("open", True), ("close", False), ("toggle", True), ("toggle", False)):
        await page.evaluate(f"klartext('{command}')")
        await expect(customer.panel).to_be_visible(visible=shown)
    assert len(await events(customer, "open")) == len(await events(customer, "close")) == 2
    await page.evaluate("Klartext('dance'); klartext('on', 'dance', () => 0); klartext('on', 'message');")
    await page.evaluate("klartext('on', 'message', () => { throw new Error('of the page'); })")
    await page.evaluate("klartext('open')")
    await customer.ask(OUTAGE["de"], "S-1042")
    told = await events(customer, "message")
    authors = [one["author"] for one in told]
    assert "bot" in authors[authors.index("customer") :]
    assert all(set(one) == {"author", "seq", "at"} for one in told), "no word of the conversation"
    await page.evaluate(f"klartext('identify', '2048173', '1.{'0' * 64}')")
    await expect(customer.status).to_contain_text(customer.words("error_identify_signature"))
    assert await events(customer, "identified") == [{"accepted": False, "code": "identify_signature"}]
    await customer.ask_for_a_person()
    assert (await events(customer, "holder"))[-1] == {"holder": "queue"}


async def test_a_reset_forgets_the_conversation_in_every_tab(windows: Windows, site: Site) -> None:
    customer = await visitor(windows, site)
    await customer.page.goto(site.origin)
    await customer.open_chat()
    await customer.ask(OUTAGE["de"], "S-1042")
    before = await customer.conversation()
    second = windows.customer_tab(await customer.page.context.new_page(), "de")
    await second.page.goto(site.origin)
    await second.open_chat()
    await second.arrived("bot", "S-1042")
    await customer.page.evaluate("klartext('reset')")
    for tab in (customer, second):
        await expect(tab.panel).to_be_hidden()
        assert await tab.page.evaluate(STORED) == 0
        await tab.open_chat()
        await expect(tab.by("customer")).to_have_count(0)
    assert await events(customer, "reset") == [{}]
    await customer.ask(OUTAGE["de"], "S-1042")
    assert await customer.conversation() != before


async def test_what_was_reset_stays_forgotten_where_another_tab_writes_it_once_more(
    windows: Windows, site: Site
) -> None:
    customer = await visitor(windows, site)
    await customer.page.goto(site.origin)
    await customer.open_chat()
    await customer.ask(OUTAGE["de"], "S-1042")
    second = windows.customer_tab(await customer.page.context.new_page(), "de")
    await second.page.goto(site.origin)
    kept = await customer.page.evaluate("localStorage.getItem('klartext.session')")
    await customer.page.evaluate("klartext('reset')")
    # As a tab that was just writing down what was read.
    await second.page.evaluate("(kept) => localStorage.setItem('klartext.session', kept)", kept)
    await second.page.wait_for_function("() => localStorage.getItem('klartext.session') === null")
    await expect(customer.panel).to_be_hidden()
    await customer.open_chat()
    await expect(customer.by("customer")).to_have_count(0)


SEND_AND_CLOSE = """(field) => {
  for (const key of ["Enter", "Escape"])
    field.dispatchEvent(new KeyboardEvent("keydown", { key, bubbles: true, composed: true, cancelable: true }));
}"""


async def test_unread_messages_are_counted_on_the_launcher_and_in_the_title(windows: Windows, site: Site) -> None:
    customer = await visitor(windows, site)
    await customer.page.goto(site.origin)
    await customer.open_chat()
    await customer.ask(CONTACT, customer.said("contact_info"))
    await expect(customer.page).to_have_title(TITLE)
    await customer.input.fill(CONTACT)
    # Sent and closed in one go: the answer finds a closed chat, however quick it is.
    await customer.input.evaluate(SEND_AND_CLOSE)
    launcher = customer.page.get_by_role("button", name=customer.words("widget_launcher"))
    await expect(launcher).to_have_accessible_name(re.compile(customer.words("widget_launcher_unread_one")))
    await expect(customer.page).to_have_title(f"(1) {TITLE}")
    await customer.page.evaluate("document.title = '(1) Störung'")
    assert (await events(customer, "unread"))[-1] == {"count": 1}
    await launcher.click()
    await expect(customer.page).to_have_title("Störung")
    assert (await events(customer, "unread"))[-1] == {"count": 0}


async def test_settings_of_the_tag(windows: Windows, site: Site, language: Language) -> None:
    greeting = {"de": "Fragen zu Ihrem Strom? Wir helfen.", "en": "Questions about your power? We can help."}
    site.attributes = {
        **{"data-position": "left", "data-hidden": "", "data-language": language},
        **{f"data-greeting-{one}": text for one, text in greeting.items()},
        **{"data-name": "Stadtwerke", "data-phone": "0391 555", "data-hours-de": "8 bis 18", "data-hours-en": "8 to 6"},
    }
    customer = await visitor(windows, site, language)
    await customer.page.goto(site.origin)
    await customer.page.wait_for_function("() => seen.some(([name]) => name === 'ready')")
    launcher = customer.page.get_by_role("button", name=customer.words("widget_launcher"))
    await expect(launcher).to_be_hidden()
    await customer.page.evaluate("klartext('open')")
    await expect(customer.panel).to_have_accessible_name(customer.words("widget_title_of", name="Stadtwerke"))
    await expect(customer.panel.locator(".greeting")).to_have_text(greeting[language])
    await expect(customer.panel.get_by_role("link", name="0391 555")).to_have_attribute("href", "tel:0391555")
    await expect(customer.messages.first).to_contain_text(customer.words("disclosure"))
    box = await customer.panel.bounding_box()
    assert box is not None
    assert box["x"] < 100
    await customer.page.keyboard.press("Escape")
    await expect(launcher).to_be_hidden()


# Where the first and the last character of a text stand, from the left.
ENDS = """(node) => {
  const walker = document.createTreeWalker(node, NodeFilter.SHOW_TEXT), texts = [];
  while (walker.nextNode()) if (walker.currentNode.length) texts.push(walker.currentNode);
  return [[texts[0], 0], [texts.at(-1), texts.at(-1).length - 1]].map(([text, place]) => {
    const range = document.createRange();
    range.setStart(text, place);
    range.setEnd(text, place + 1);
    return range.getBoundingClientRect().left;
  });
}"""


async def test_on_a_page_that_runs_from_right_to_left_numbers_and_sentences_stay_in_order(
    windows: Windows, site: Site
) -> None:
    """The chat's own words run as German does, a customer's as their language does."""
    site.attributes = {"data-phone": "0391 555 666", "data-hours-de": "Mo bis Fr 8 bis 18 Uhr."}
    customer = await visitor(windows, site)
    await customer.page.goto(site.origin)
    await customer.page.evaluate("document.documentElement.dir = 'rtl'")
    await customer.open_chat()
    for shown in (customer.panel.locator(".phone a"), customer.panel.locator(".hours")):
        first, last = await shown.evaluate(ENDS)
        assert first < last
    await customer.say("مرحبا!")
    # The answer behind it: its own message is drawn anew when the server has it.
    await expect(customer.messages).to_have_count(3)
    first, last = await customer.by("customer").locator(".text").evaluate(ENDS)
    assert first > last


async def test_the_conversation_can_be_kept_with_its_authors(windows: Windows, site: Site, language: Language) -> None:
    customer = await visitor(windows, site, language)
    await customer.page.goto(site.origin)
    await customer.open_chat()
    save = customer.panel.get_by_role("button", name=customer.words("widget_transcript_save"))
    await expect(save).to_be_hidden()
    question = {"de": CONTACT, "en": "What is your phone number?"}[language]
    await customer.ask(question, customer.said("contact_info"))
    async with customer.page.expect_download() as started:
        await save.click()
    saved = (await (await started.value).path()).read_text(encoding="utf-8")
    assert re.search(
        rf"^\[.+\] {customer.words('widget_author_bot')}: .*{customer.words('disclosure')[:20]}", saved, re.M
    )
    assert re.search(rf"^\[.+\] {customer.words('widget_author_customer')}: {re.escape(question)}$", saved, re.M)
    assert customer.words("widget_transcript_note") in saved
    assert re.search(SOURCE[language].pattern, saved, re.M)
    await customer.page.context.grant_permissions(["clipboard-read", "clipboard-write"])
    await customer.panel.get_by_role("button", name=customer.words("widget_transcript_copy")).click()
    await expect(customer.panel.locator(".kept")).to_have_text(customer.words("widget_transcript_copied"))
    assert await customer.page.evaluate("navigator.clipboard.readText()") == saved


CONTRASTS = """(panel) => {
  const root = panel.getRootNode();
  const numbers = (colour) => colour.match(/[\\d.]+/g).slice(0, 3).map(Number);
  const luminance = (colour) => numbers(colour).map((part) => part / 255)
    .map((part) => part <= 0.04045 ? part / 12.92 : ((part + 0.055) / 1.055) ** 2.4)
    .reduce((sum, part, place) => sum + part * [0.2126, 0.7152, 0.0722][place], 0);
  return [".launcher", ".send", ".head", ".to-human"].map((selector) => {
    const style = getComputedStyle(root.querySelector(selector));
    const [dark, light] = [luminance(style.color), luminance(style.backgroundColor)].sort((a, b) => a - b);
    return (light + 0.05) / (dark + 0.05);
  });
}"""


@pytest.mark.parametrize("scheme", ["light", "dark"])
@pytest.mark.parametrize(
    ("colour", "said"),
    [("#0b5160", None), ("#ffd400", "white text cannot be read"), ("#abc", "white text"), ("red", "is no colour")],
)
async def test_whatever_the_colour_it_can_be_read(
    windows: Windows, site: Site, scheme: str, colour: str, said: str | None
) -> None:
    site.attributes = {"data-colour": colour, "data-language": "de"}
    customer = await windows.customer("de", color_scheme=scheme)
    customer.base = site.origin
    heard: list[str] = []
    customer.page.on("console", lambda message: heard.append(message.text))
    if said:
        customer.expect_console(said)
    await customer.page.goto(site.origin)
    await customer.open_chat()
    ratios = await customer.panel.evaluate(CONTRASTS)
    assert min(ratios) >= 7, ratios
    assert any(said in line for line in heard) if said else not heard


async def test_a_file_that_was_changed_on_its_way_does_not_run(windows: Windows, site: Site) -> None:
    site.integrity = "sha384-" + "A" * 64
    customer = await windows.customer("de")
    customer.expect_console("integrity")
    async with customer.page.expect_console_message(lambda message: "integrity" in message.text):
        await customer.page.goto(site.origin)
    assert await customer.page.evaluate("document.querySelector('klartext-widget')") is None


async def test_a_website_that_is_not_allowed_gets_no_conversation(windows: Windows, stack: Stack) -> None:
    stranger = Site()
    stranger.chat = stack.base
    await stranger.start()
    try:
        customer = await windows.customer("de")
        customer.expect_console("WebSocket connection to", "CORS policy", "ERR_FAILED", "status of 403")
        await customer.page.goto(stranger.origin)
        await customer.page.get_by_role("button", name=customer.words("widget_launcher")).click()
        await expect(customer.status).to_contain_text(customer.words("widget_connecting"))
        await expect(customer.messages).to_have_count(0)
    finally:
        await stranger.stop()
