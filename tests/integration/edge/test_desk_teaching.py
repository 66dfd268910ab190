"""Reporting, reviewing and deciding over HTTP, as the desk's page does it."""

from __future__ import annotations

from tests.integration.edge.conftest import PASSWORD, Edge


async def test_from_a_report_to_the_training_data_and_the_log(edge: Edge) -> None:
    folder = edge.services.settings.training_data
    folder.mkdir(parents=True)
    await edge.services.agents.add("clara", "Clara Haupt", "administrator", PASSWORD)
    async with edge.customer() as customer, edge.agent("anna") as anna, edge.agent("clara") as clara:
        conversation = (await customer.hello())["conversation"]
        await customer.say("Warum ist das so viel")
        await customer.event("Echo")
        _, detail = await anna.get(f"conversations/{conversation}")
        (seq,) = detail["answers"]
        assert detail["reports"] == []
        path = f"conversations/{conversation}/wrong-answers"
        _, intents = await anna.get("intents")
        assert "invoice_explain" in intents["intents"]
        status, report = await anna.post(path, {"seq": seq, "intent": "invoice_explain", "note": "<b>Höhe</b>"})
        assert (status, report["state"], report["by"]["name"]) == (200, "open", "Anna Berger")
        assert (await anna.post(path, {"seq": 1}))[1]["code"] == "no_answer"
        assert (await anna.post(path, {"seq": "x"}))[0] == 400
        _, detail = await anna.get(f"conversations/{conversation}")
        assert [(one["seq"], one["note"]) for one in detail["reports"]] == [(seq, "<b>Höhe</b>")]
        _, review = await clara.get("supervisor/wrong-answers")
        (shown,) = review["reports"]
        assert (review["open"], shown["said"]) == (1, "Warum ist das so viel")
        base = f"supervisor/wrong-answers/{shown['id']}"
        # A customer proves who they are meanwhile: their name is in no example.
        async with edge.services.store.write() as unit:
            opened = await edge.services.conversations.open(unit, conversation)
            opened.row.customer_name = "Ruth Zimt"
            await opened.save()
        status, refused = await clara.post(
            f"{base}/accept", {"intent": "invoice_explain", "example": "Frau Zimt fragt"}
        )
        assert (status, refused["code"]) == (422, "example_personal")
        status, done = await clara.post(
            f"{base}/accept", {"intent": "invoice_explain", "example": "Warum so viel Geld"}
        )
        assert (status, done) == (
            200,
            {"example": "Warum so viel Geld", "intent": "invoice_explain", "unwritable": None},
        )
        assert "- Warum so viel Geld" in (folder / "accepted.yml").read_text()
        status, late = await clara.post(f"{base}/dismiss")
        assert (status, "Clara Haupt" in late["message"]) == (409, True)
        assert (await clara.post("supervisor/wrong-answers/unknown/dismiss"))[0] == 404
        _, log = await clara.get("admin/log?action=example")
        assert [(one["agent_name"], one["action"]) for one in log["entries"]][::-1] == [
            ("Clara Haupt", "examples.opened"),
            ("Clara Haupt", "example.accepted"),
        ]
        assert "Geld" not in str(log)
