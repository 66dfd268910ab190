"""Takes pictures of every state of the chat and of the pages around it, to look at after changes of their looks.

`python -m tests.browser.take_widget_pictures FOLDER [LOOK...]`, by hand. A look is one of `LOOKS`; without one all are
taken, in German and English. Starts an edge of its own with a brain whose answers are known. Besides single pictures
each look gets its sheets, on which all states stand beside one another. Fails like the tests when something does not
appear.
"""

from __future__ import annotations

import asyncio
import sys
import tempfile
from datetime import datetime, timezone
from pathlib import Path

from PIL import Image
from playwright.async_api import Browser, Page, WebSocketRoute, async_playwright, expect

from bot.conversation.handover import Reason
from bot.service.brain_protocol import Button, Handover, Reading, Reply, Source, TurnRequest, TurnResponse
from bot.store.agents import account
from bot.store.log import read_conversation
from bot.transparency.wording import Language, language_of, wording
from tests.browser.conftest import CHROMIUM, IN_GERMAN, Windows
from tests.browser.desk_edge import ANNA, desk_edge
from tests.browser.pages import PATIENCE, CustomerWindow
from tests.browser.test_file_transfer_pages import picture as png
from tests.fakes.brain import FakeBrain
from tests.integration.edge.conftest import Edge

SIZES = {"320": (320, 568), "768": (768, 1024), "1440": (1440, 900), "zoom": (320, 256)}
LOOKS = [f"{size}-{scheme}-{language}" for size in SIZES for scheme in ("light", "dark") for language in ("de", "en")]
# Height of one picture on a sheet, in pixels, and pictures beside one another.
ON_A_SHEET, BESIDE, ROWS = 900, 4, 2
_READ = datetime(2026, 11, 21, 13, 3, tzinfo=timezone.utc)
_SAID = {
    "bill": (
        "Ihre Rechnung R-2026-11-216904 vom 1. Dezember beträgt 39,90 €. Sie gilt für Glas 300 mit 300 Mbit/s.",
        "Your invoice R-2026-11-216904 of 1 December is €39.90. It is for Glas 300 with 300 Mbit/s.",
    ),
    "list": (
        "Ihre letzten Rechnungen:\n• R-2026-11-216904: 39,90 €, bezahlt\n• R-2026-10-203311: 39,90 €, bezahlt\n"
        "• R-2026-09-190127: 44,90 €, offen bis 14. Dezember\nMehr dazu: https://saalenetz.example/rechnungen",
        "Your latest invoices:\n• R-2026-11-216904: €39.90, paid\n• R-2026-10-203311: €39.90, paid\n"
        "• R-2026-09-190127: €44.90, due by 14 December\nMore: https://saalenetz.example/invoices",
    ),
    "form": (
        "Wohin soll die Antwort gehen? Eine E-Mail-Adresse oder eine Telefonnummer genügt.",
        "Where should the answer go? An e-mail address or a telephone number is enough.",
    ),
}
_CHOICES = {
    "de": ("Rechnung erklären", "Zahlungsweise ändern", "E-Mail-Adresse ändern"),
    "en": ("Explain the invoice", "Change how I pay", "Change my e-mail address"),
}
_ASKED = {
    "de": ("Wie hoch ist meine Rechnung?", "Zeigen Sie mir alle.", "Bitte an eine andere Stelle."),
    "en": ("How much is my invoice?", "Show me all of them.", "Send it elsewhere, please."),
}
_TOPICS = dict(zip((*_ASKED["de"], *_ASKED["en"]), ("bill", "list", "form") * 2, strict=True))


async def answer(request: TurnRequest) -> TurnResponse:
    """What the stand-in for the brain says to the sentences of this walk."""
    topic = _TOPICS.get(request.text or "")
    reading = Reading(name="invoice_show", confidence=0.93)
    if topic is None:
        handover = Handover(reason=Reason.CUSTOMER_REQUEST.value)
        return TurnResponse(intent=reading, handover=handover, language=language_of(request.locale))
    language: Language = "en" if request.text in _ASKED["en"] else "de"
    label = "Rechnung R-2026-11-216904" if language == "de" else "invoice R-2026-11-216904"
    sources = [] if topic == "form" else [Source(label=label, as_of=_READ, system="crm")]
    buttons = [Button(title=one, payload="/x") for one in _CHOICES[language]] if topic == "bill" else []
    text = _SAID[topic][language == "en"]
    reply = Reply(text=text, buttons=buttons, sources=sources)
    return TurnResponse(replies=[reply], intent=reading, language=language)


class Walk:
    """One customer's way through every state, in one look."""

    def __init__(self, edge: Edge, windows: Windows, folder: Path, look: str) -> None:
        size, scheme, language = look.split("-")
        self.edge, self.windows, self.folder, self.look = edge, windows, folder, look
        self.language: Language = "en" if language == "en" else "de"
        self.view = {"width": SIZES[size][0], "height": SIZES[size][1]}
        self.options = {"viewport": self.view, "color_scheme": scheme}
        self.taken: list[Path] = []

    async def keep(self, page: Page, state: str, *, whole: bool = False) -> None:
        """What the page shows now; `whole`: down to its end."""
        path = self.folder / f"{self.look}-{len(self.taken):02}-{state}.png"
        await page.screenshot(path=path, full_page=whole)
        self.taken.append(path)

    async def go(self) -> None:
        """Everything, one state after the other."""
        await self.website()
        await self.opening()
        customer = await self.with_the_bot()
        await self.with_a_person(customer)
        await self.other_looks()
        await self.pages(customer)

    async def opening(self) -> None:
        """The chat while its line is not there yet."""
        customer = await self.windows.customer(self.language, **self.options)
        await customer.visit()
        held = asyncio.Event()

        async def hold(line: WebSocketRoute) -> None:
            await held.wait()
            await line.close()

        await customer.page.route_web_socket("**/widget/ws", hold)
        await customer.page.get_by_role("button", name=customer.words("widget_launcher")).click()
        await expect(customer.status).to_contain_text(customer.words("widget_connecting"))
        await self.keep(customer.page, "opening")
        held.set()

    async def website(self) -> None:
        """The provider's page with the closed chat, at its beginning, further down and at its end."""
        visitor = await self.windows.customer(self.language, **self.options)
        await visitor.visit()
        await expect(visitor.page.locator(".launcher")).to_be_visible()
        await self.keep(visitor.page, "website")
        await visitor.page.evaluate("scrollTo({ top: innerHeight * 1.5, behavior: 'instant' })")
        await expect(visitor.page.locator(".launcher")).to_be_visible()
        await visitor.page.wait_for_timeout(100)
        await self.keep(visitor.page, "website-further-down")
        await visitor.page.evaluate("scrollTo({ top: document.body.scrollHeight, behavior: 'instant' })")
        await visitor.page.wait_for_timeout(100)
        await self.keep(visitor.page, "website-end")

    async def with_the_bot(self) -> CustomerWindow:
        """From the greeting to an answer with its reasons, a list, a question, and what was not sent."""
        customer = await (await self.windows.customer(self.language, **self.options)).open()
        page, asked = customer.page, _ASKED[self.language]
        await self.keep(page, "greeting")
        brain: FakeBrain = self.edge.brain
        with brain.thinking():
            await customer.say(asked[0])
            await expect(customer.panel.locator(".typing")).to_be_visible()
            await self.keep(page, "bot-is-answering")
        said = await customer.arrived("bot", "R-2026-11")
        await self.keep(page, "answer-with-sources-and-buttons")
        await said.get_by_role("button", name=customer.words("widget_why")).click()
        await expect(said.locator(".reasons li").first).to_be_visible()
        await self.keep(page, "why")
        await said.get_by_role("button", name=customer.words("widget_why_trace")).click()
        await self.keep(page, "why-trace")
        await customer.ask(asked[1], "R-2026-10")
        await self.keep(page, "list")
        await customer.ask(asked[2], _SAID["form"][self.language == "en"])
        await self.keep(page, "question")
        await customer.input.fill("")
        await customer.input.press("Enter")
        await self.keep(page, "nothing-written")
        async with customer.offline():
            await expect(customer.status).to_contain_text(customer.words("widget_offline"))
            await customer.say(asked[2])
            await expect(customer.by("customer", asked[2]).last.locator(".state")).to_have_text(
                customer.words("widget_state_waiting")
            )
            await self.keep(page, "offline-unsent")
        await expect(customer.panel.locator(".state.waiting")).to_have_count(0)
        return customer

    async def with_a_person(self, customer: CustomerWindow) -> None:
        """Waiting, going elsewhere, a person, files both ways, rating."""
        page = customer.page
        await customer.ask_for_a_person()
        await self.keep(page, "queue")
        await customer.choice(customer.words("button_leave")).click()
        form = customer.panel.locator("form.leave")
        await form.get_by_role("textbox").fill("eva.kern@")
        await self.keep(page, "leaving")
        await form.get_by_role("button", name=customer.words("widget_leave_send")).click()
        customer.expect_console("status of 422")
        await expect(form.get_by_role("alert")).not_to_be_empty()
        await self.keep(page, "leaving-refused")
        await form.get_by_role("button", name=customer.words("widget_leave_cancel")).click()
        conversation = await customer.conversation()
        async with self.edge.services.store.read() as unit:
            row = await read_conversation(unit, conversation)
            account_of_anna = await account(unit, ANNA.login)
        assert row is not None
        assert account_of_anna is not None
        desk, anna = self.edge.services.conversations, account_of_anna.agent
        await desk.claim(conversation, anna, row.epoch)
        hello = {
            "de": "Guten Tag, ich bin Anna Berger.\nIch sehe mir die Rechnung an.",
            "en": "Hello, this is Anna Berger.\nI am looking at the invoice.",
        }
        await desk.reply(conversation, anna, f"{hello[self.language]}\nمرحبا، كيف يمكنني مساعدتك؟", client_id="1")
        await customer.arrived("human", "Anna Berger")
        await self.keep(page, "person")
        await customer.panel.locator("input[type=file]").set_input_files(
            [
                {"name": "Router.png", "mimeType": "image/png", "buffer": png(400, 240)},
                {"name": "Vertrag 2026.pdf", "mimeType": "application/pdf", "buffer": b"%PDF-1.7\n" + bytes(5000)},
            ]
        )
        await expect(customer.panel.locator("button.save")).to_have_count(2)
        await self.keep(page, "files")
        await customer.panel.locator("input[type=file]").set_input_files(
            {"name": "programm.exe", "mimeType": "application/octet-stream", "buffer": b"MZ" + bytes(50)}
        )
        await expect(customer.status).to_contain_text("programm.exe")
        await self.keep(page, "file-refused")
        for number, (name, data) in enumerate(
            (("Lampen.png", png(300, 200)), ("Anleitung zum Router.pdf", b"%PDF-1.7\n" + bytes(90_000)))
        ):
            words = ("So sollte es aussehen.", "It should look like this.")[self.language == "en"] if not number else ""
            await self.edge.services.files.reply(
                conversation, anna, data, client_id=f"f{number}", name=name, caption=words
            )
        await expect(customer.by("human").locator("button.save, a[download]")).to_have_count(2)
        await self.keep(page, "files-of-the-agent")
        await desk.hand_back(conversation, anna, None)
        await customer.arrived("system", customer.said("rating_ask"))
        await self.keep(page, "rating")

    async def other_looks(self) -> None:
        """Another language, large type, more contrast, the system's own colours, right to left."""
        customer = await (await self.windows.customer(self.language, **self.options)).open()
        other: Language = "de" if self.language == "en" else "en"
        await customer.ask(_ASKED[other][0], "R-2026-11")
        await expect(customer.by("bot", wording().say("disclosure_followed", other))).to_have_count(1)
        await self.keep(customer.page, "another-language")
        for state, options in {"contrast": {"contrast": "more"}, "forced-colours": {"forced_colors": "active"}}.items():
            customer = await (await self.windows.customer(self.language, **{**self.options, **options})).open()
            await customer.ask(_ASKED[self.language][0], "R-2026-11")
            await self.keep(customer.page, state)
        customer = await (await self.windows.customer(self.language, **self.options)).open()
        await customer.panel.get_by_role("button", name=customer.words("widget_large_type")).click()
        await customer.ask(_ASKED[self.language][0], "R-2026-11")
        await self.keep(customer.page, "large-type")
        await customer.choice(_CHOICES[self.language][2]).click()
        await self.keep(customer.page, "large-type-queue")
        await customer.page.evaluate("document.documentElement.dir = 'rtl'")
        await self.keep(customer.page, "right-to-left")

    async def pages(self, customer: CustomerWindow) -> None:
        """The record and its end, what is public, the form that needs no script."""
        token = await customer.page.evaluate("JSON.parse(localStorage.getItem('klartext.session')).token")
        page = await self.windows.plain(self.language, **self.options)
        await page.goto(f"{self.edge.base}/transparency?lang={self.language}")
        await self.keep(page, "transparency", whole=True)
        open_record = """([token, lang]) => {
          const form = Object.assign(document.createElement("form"), { method: "post", action: "/record" });
          for (const [name, value] of Object.entries({ token, lang }))
            form.append(Object.assign(document.createElement("input"), { type: "hidden", name, value }));
          document.body.append(form); form.submit();
        }"""
        async with page.expect_navigation():
            await page.evaluate(open_record, [token, self.language])
        await self.keep(page, "record", whole=True)
        await page.get_by_role("checkbox").check()
        await page.locator(".erase button").click()
        await expect(page.get_by_role("heading", level=1)).to_have_text(customer.words("record_erased_title"))
        await self.keep(page, "erased")
        await customer.arrived("system", customer.words("widget_fresh_start"))
        await self.keep(customer.page, "erased-in-the-chat")
        await page.goto(f"{self.edge.base}/widget/form?lang={self.language}")
        await self.keep(page, "form", whole=True)
        await page.locator("textarea").fill("Mein Anschluss ist gestört.")
        await page.locator("#contact").fill("keine Nummer")
        await page.locator("form button").click()
        await expect(page.get_by_role("alert")).to_be_visible()
        await self.keep(page, "form-refused")
        await page.locator("#contact").fill("0345 123456")
        await page.locator("form button").click()
        await expect(page.get_by_role("definition").first).to_contain_text("KT-")
        await self.keep(page, "form-sent", whole=True)


def sheets(walk: Walk) -> None:
    """All pictures of a look on few: what is longer than a screen is shown from its beginning."""
    each = BESIDE * ROWS
    for start in range(0, len(walk.taken), each):
        shown = []
        for path in walk.taken[start : start + each]:
            with Image.open(path) as one:
                part = one.convert("RGB").crop((0, 0, one.width, min(one.height, walk.view["height"] * 2)))
                part.thumbnail((ON_A_SHEET, ON_A_SHEET))
                shown.append(part)
        width, height = max(one.width for one in shown) + 12, max(one.height for one in shown) + 12
        sheet = Image.new("RGB", (width * min(BESIDE, len(shown)), height * -(-len(shown) // BESIDE)), "#c0c")
        for place, one in enumerate(shown):
            sheet.paste(one, ((place % BESIDE) * width + 6, (place // BESIDE) * height + 6))
        sheet.save(walk.folder / f"sheet-{walk.look}-{start // each}.png")


async def main(folder: Path, looks: list[str]) -> None:
    """Start an edge, walk in each look, stop."""
    expect.set_options(timeout=PATIENCE)
    with tempfile.TemporaryDirectory(prefix="klartext-widget-") as var:
        async with desk_edge(Path(var)) as edge, async_playwright() as playwright:
            edge.brain.answer = answer
            browser: Browser = await playwright.chromium.launch(executable_path=CHROMIUM, **IN_GERMAN)
            for look in looks:
                windows = Windows(browser, edge)
                walk = Walk(edge, windows, folder, look)
                try:
                    await walk.go()
                finally:
                    await windows.close()
                    if walk.taken:
                        sheets(walk)
            await browser.close()


if __name__ == "__main__":
    target = Path(sys.argv[1])
    target.mkdir(parents=True, exist_ok=True)
    asyncio.run(main(target, sys.argv[2:] or LOOKS))
