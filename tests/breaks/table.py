"""The breaks, in the order of the guarantees.

`old` stands exactly once in `file` and is replaced by `new`. The named test passes on the code as it is and
fails on the broken one; `python -m tests.breaks` sees to that.
"""

from __future__ import annotations

from dataclasses import dataclass

_TURNS = "bot/service/turns.py"
_CONVERSATIONS = "bot/service/conversations.py"
_STORED = "bot/store/conversations.py"
_SCHEMA = "bot/store/migrations/versions/0001_first_schema.py"
_SOCKET = "connectors/widget/socket.py"
_OUTBOX = "bot/store/outbox.py"
_OPENINGS = "bot/transparency/openings.py"

_ORDERS = "tests/model/test_every_order.py::test_every_order_on_sqlite"
_SERVICE = "tests/integration/service/test_conversations.py::"
_REFUSES = "tests/integration/store/test_constraints.py::test_the_database_refuses"
_LABELLED = (
    "tests/model/test_always_labelled.py::test_no_order_of_inputs_emits_an_unlabelled_message_or_an_undisclosed_session"
)
_EDGE = "tests/integration/edge/"
_WHATSAPP = "tests/integration/whatsapp/"


@dataclass(frozen=True)
class Break:
    """One mechanism taken out."""

    guarantee: str
    what: str
    file: str
    old: str
    new: str
    # A test by its name, or a group of tests of which at least one fails.
    test: str
    # Chooses among the group, as `pytest -k` does.
    only: str = ""


BREAKS = (
    Break(
        "G1",
        "a message is acknowledged before it is committed",
        _SOCKET,
        """        except StoreUnavailable as error:
            log.warning("not acknowledged: the database is away", error=str(error))
            await self._error("unavailable", "error_not_saved", frame.client_id)
""",
        """        except StoreUnavailable:
            await self._send({"type": "ack", "client_id": frame.client_id, "message_id": "", "seq": 0, "at": ""})
""",
        f"{_EDGE}",
        "a_database_that_is_away_is_said_and_nothing_is_acknowledged",
    ),
    Break(
        "G1",
        "a commit is not waited for",
        "bot/store/direct_sqlite.py",
        """            await asyncio.shield(done)
        finally:
            while not done.done():
                with contextlib.suppress(asyncio.CancelledError):
                    await asyncio.wait({done})
""",
        """            pass
        finally:
            pass
""",
        "tests/integration/store/test_direct_sqlite.py",
    ),
    Break(
        "G1",
        "a socket closes while a message is being taken",
        "connectors/closing.py",
        """                self._waiting = None
                if message.type in _ENDS:
""",
        """                if message.type in _ENDS:
""",
        f"{_EDGE}test_record.py",
        "acknowledgement_before_the_socket_closes",
    ),
    Break(
        "G1",
        "a message is stored without its inbox row",
        _CONVERSATIONS,
        "            opened.expect_turn(message, now + timedelta(seconds=self._settings.turn_deadline))",
        "            pass",
        _ORDERS,
        "same and client",
    ),
    Break(
        "G1",
        "a lease never runs out",
        "bot/store/inbox.py",
        '        table.c.due_at <= sa.bindparam("now", type_=table.c.due_at.type),',
        "        table.c.lease_token.is_(None),",
        _ORDERS,
        "same and client",
    ),
    Break(
        "G1",
        "nodes are told of a message before it is committed",
        "bot/store/unit_of_work.py",
        """            yield unit
            if unit.entries:
                await _append_to_stream(unit)
        for hint in unit.hints:
            self.wakeup.publish(hint)
""",
        """            yield unit
            for hint in unit.hints:
                self.wakeup.publish(hint)
            if unit.entries:
                await _append_to_stream(unit)
""",
        _ORDERS,
        "same and client",
    ),
    Break(
        "G2",
        "a known client id is not looked up",
        _CONVERSATIONS,
        "            known = await message_by_client_id(unit, conversation_id, CUSTOMER_ORIGIN, client_id)",
        "            known = None",
        _ORDERS,
        "same and client",
    ),
    Break(
        "G2",
        "the unique key of client ids is dropped",
        _SCHEMA,
        '        sa.UniqueConstraint("conversation_id", "origin", "client_id", name="uq_message_client_id"),\n',
        "",
        _REFUSES,
        "client",
    ),
    Break(
        "G2",
        "the unique key of provider ids is dropped",
        _SCHEMA,
        '        sa.UniqueConstraint("provider_id", name="uq_message_provider_id"),\n',
        "",
        _REFUSES,
        "provider",
    ),
    Break(
        "G2",
        "the brain does not remember what it answered",
        "bot/brain/memory.py",
        "            response=answered.response if answered else None,",
        "            response=None,",
        "tests/integration/brain/test_turns.py",
        "known_turn_is_replayed",
    ),
    Break(
        "G3",
        "an answer is applied without looking at the epoch",
        _TURNS,
        "            valid = leased and same_epoch and row.inbound_seq == turn.newest_seq",
        "            valid = leased and row.inbound_seq == turn.newest_seq",
        f"{_SERVICE}test_the_epoch_alone_silences_the_bot_after_a_takeover",
    ),
    Break(
        "G3",
        "an answer is applied without looking for newer messages",
        _TURNS,
        "            valid = leased and same_epoch and row.inbound_seq == turn.newest_seq",
        "            valid = leased and same_epoch",
        _ORDERS,
        "another and message",
    ),
    Break(
        "G3",
        "an answer is applied without looking at the lease",
        _TURNS,
        "            leased = await inbox.holds_lease(unit, lease)\n            same_epoch",
        "            leased = True\n            same_epoch",
        _ORDERS,
        "outlives",
    ),
    Break(
        "G3",
        "the database lets the bot speak in an agent's tenure",
        _SCHEMA,
        """        sa.CheckConstraint(
            "author_kind <> 'bot' or holder = 'bot'", name=op.f("ck_message_bot_speaks_in_its_own_tenure")
        ),
""",
        "",
        _REFUSES,
        "bot",
    ),
    Break(
        "G3",
        "a takeover does not stop what the bot has not sent yet",
        _OUTBOX,
        'conversation_table.c.holder == "agent"',
        'conversation_table.c.holder == "nobody"',
        _ORDERS,
        "delivery and takeover and dies",
    ),
    Break(
        "delivery",
        "a bot's message that waits for another try holds up the person who took over",
        _OUTBOX,
        '_OVERTAKEN.where(table.c.state == "pending")',
        '_OVERTAKEN.where(table.c.state == "nothing")',
        f"{_SERVICE}test_a_bot_message_that_waits_for_another_try_does_not_hold_up_the_person",
    ),
    Break(
        "G3",
        "a takeover between claim and request is not looked for",
        _OUTBOX,
        'return "overtaken"',
        "pass",
        _ORDERS,
        "delivery and takeover and dies",
    ),
    Break(
        "G3",
        "two agents may claim the same conversation",
        _CONVERSATIONS,
        """                if tenure.agent_id == agent.id:
                    return row
                raise Refused("already_claimed", agent=tenure.agent_name or "")
""",
        """                return row
""",
        f"{_SERVICE}test_of_two_agents_who_claim_at_once_one_wins_and_the_other_is_told_who",
    ),
    Break(
        "G4",
        "a message may be written without an author's name",
        _SCHEMA,
        '        sa.CheckConstraint("length(author_name) > 0", name=op.f("ck_message_author_name")),\n',
        "",
        _REFUSES,
        "author",
    ),
    Break(
        "G4",
        "a message under a false author is let out",
        "bot/transparency/gate.py",
        "    if owner is not (kind if kind in {AuthorKind.BOT, AuthorKind.SYSTEM} else None):\n",
        "    if False:\n",
        "tests/unit/transparency/test_gate.py::test_a_false_author_gets_nowhere",
    ),
    Break(
        "G5",
        "the bot's tenure may begin without its disclosure",
        _OPENINGS,
        '    return (_notice(words, language, words.say("queue_cancelled", language)), '
        "disclosure(words, language, again=True))",
        '    return (_notice(words, language, words.say("queue_cancelled", language)),)',
        _ORDERS,
        "cancels",
    ),
    Break(
        "G6",
        "the disclosure does not offer a person",
        _OPENINGS,
        "        buttons=(*topics, *more, human_button(words, language)),",
        "        buttons=topics,",
        _ORDERS,
        "cancels",
    ),
    Break(
        "G7",
        "a queue without an agent waits for ever",
        "bot/service/deadlines.py",
        "                await self._conversations.handover.give_up_waiting(opened, tenure)",
        "                pass",
        f"{_SERVICE}test_a_queue_without_an_agent_becomes_a_case_with_number_team_and_due_time",
    ),
    Break(
        "G7",
        "the deadline of an agent who is gone is not acted on",
        "bot/service/deadlines.py",
        "                await self._conversations.handover.back_to_queue(opened, tenure)",
        "                pass",
        f"{_SERVICE}test_an_agent_who_is_gone_loses_the_conversation_to_the_queue",
    ),
    Break(
        "G7",
        "the database lets a queue be without a deadline",
        _SCHEMA,
        """        sa.CheckConstraint(
            "holder not in ('queue', 'agent') or deadline_at is not null", name=op.f("ck_tenure_deadline")
        ),
""",
        "",
        _REFUSES,
        "deadline",
    ),
    Break(
        "G8",
        "a change of holder may be told twice",
        _STORED,
        "            self.append(draft, opens=index == 0)",
        "            self.append(draft, opens=index == 0)\n            if index == 0 and reason is Reason.CLAIMED:\n"
        "                self.append(draft)",
        _ORDERS,
        "deadline and queue and cancels",
    ),
    Break(
        "G8",
        "what was named as a wait is not settled",
        _STORED,
        "            await settle(self.unit, row.id, epoch, to, reason)",
        "            pass",
        f"{_SERVICE}test_a_wait_is_named_only_when_it_was_measured_and_what_was_named_is_kept_on_record",
    ),
    Break(
        "G8",
        "whoever says that they look at a conversation has seen it",
        "bot/service/desk_work.py",
        "            if row is None or not await teams.sees(unit, agent, conversation_id):\n",
        "            if row is None:\n",
        f"{_EDGE}test_leaving.py::test_an_agent_of_another_team_has_not_seen_it",
    ),
    Break(
        "delivery",
        "a message is sent before the one in front of it is settled",
        _OUTBOX,
        '                older.c.state.in_(("pending", "claimed", "uncertain")),',
        '                older.c.state.in_(("claimed",)),',
        _ORDERS,
        "delivery",
    ),
    Break(
        "delivery",
        "what was certainly not sent waits for the provider's word",
        _OUTBOX,
        ", table.c.due_at <= unit.now, ~table.c.begun)",
        ", table.c.due_at <= unit.now, sa.false())",
        f"{_SERVICE}test_a_worker_that_died_before_its_request_began_leaves_no_doubt",
    ),
    Break(
        "delivery",
        "what is being sent is cut off when the worker is told to stop",
        "bot/service/delivery.py",
        "            await asyncio.wait(sending, timeout=_FINISH_WITHIN)\n",
        "",
        f"{_SERVICE}test_a_worker_that_is_told_to_stop_ends_what_it_is_sending",
    ),
    Break(
        "delivery",
        "what may have arrived is sent again",
        _OUTBOX,
        """            state="uncertain",
            due_at=unit.now + CERTAIN_AFTER,""",
        """            state="pending",
            due_at=unit.now,""",
        _ORDERS,
        "delivery and dies",
    ),
    Break(
        "stream",
        "an entry is missing in what desks and other nodes follow",
        _STORED,
        "        self.unit.announce(row.id, message.seq)\n        return message",
        "        if not opens:\n            self.unit.announce(row.id, message.seq)\n        return message",
        _ORDERS,
        "same and client",
    ),
    Break(
        "G4",
        "the gate lets out a bot's words in an agent's tenure",
        "bot/transparency/gate.py",
        "    if kind is AuthorKind.BOT and message.holder is not Holder.BOT:",
        "    if kind is AuthorKind.BOT and message.holder is None:",
        "tests/unit/transparency/test_gate.py::test_a_false_author_gets_nowhere",
    ),
    Break(
        "record",
        "what was said does not count for the chain",
        "bot/store/chain.py",
        "        digest = None if salt is None else seal(salt, hidden)",
        "        digest = None if salt is None else seal(salt, {})",
        "tests/integration/store/test_chain.py",
    ),
    Break(
        "record",
        "an erasure leaves the customer's name",
        "bot/store/erasure.py",
        """        .values(author_name=ERASED)
""",
        """        .values(author_name=message.c.author_name)
""",
        "tests/integration/service/test_erasure.py::test_nothing_that_was_said_is_left_in_any_table_or_file",
    ),
    Break(
        "D2",
        "what was withdrawn is not marked",
        "bot/service/desk_work.py",
        '            held.settle(opened, one.id, "withdrawn")',
        "            pass",
        "tests/integration/service/test_desk_work.py::test_a_withdrawn_reply_reaches_nobody_and_cannot_come_back_under_its_id",
    ),
    Break(
        "D3",
        "who closed the desk still counts as connected",
        "bot/store/teams.py",
        "        desk_connection.c.agent_id == agent_table.c.id, desk_connection.c.seen_at > now - CONNECTED",
        "        agent_table.c.id == agent_table.c.id, sa.literal(now) > now - CONNECTED",
        "tests/integration/service/test_desk_work.py::test_round_robin_gives_in_turn_and_only_to_who_is_connected_available_and_active",
    ),
    Break(
        "D4",
        "that a customer was asked for a rating is forgotten",
        "bot/store/ratings.py",
        "not await _overtaken(unit, question):",
        "not question:",
        "tests/integration/service/test_desk_work.py::test_the_customer_is_asked_once_and_the_answer_calls_nobody",
    ),
    Break(
        "G9",
        "reasons are made up where the trace is gone",
        "bot/service/why.py",
        '    if trace is None and row["turn_id"] is not None:',
        '    if trace is None and row["turn_id"] == "":',
        "tests/integration/edge/test_why.py::test_after_its_period_the_record_is_still_named_and_what_is_gone_is_said_to_be_gone",
    ),
    Break(
        "leaving",
        "who does not want to wait gets no case",
        "bot/service/leaving.py",
        "                await self._conversations.handover.make_case(opened, answered_elsewhere=True)",
        "                pass",
        "tests/integration/edge/test_leaving.py::test_the_wish_is_in_the_log_and_the_request_is_one_case",
    ),
    Break(
        "record",
        "what is over its period stays",
        "bot/service/retention.py",
        '        .where(conversation.c.last_at < before, tenure.c.reason != "erased")',
        '        .where(conversation.c.last_at < before, tenure.c.reason == "erased")',
        "tests/integration/service/test_retention.py::test_each_kind_goes_after_its_own_period_and_the_rest_stays",
    ),
    Break(
        "record",
        "an erasure leaves the salts",
        "bot/store/erasure.py",
        '    "chain": Emptied({"salt": None}, _keeps("',
        '    "chain": Emptied({"salt": sa.column("salt")}, _keeps("',
        "tests/integration/service/test_erasure.py::test_the_chain_is_whole_and_says_that_and_at_whose_wish_it_was_erased",
    ),
    Break(
        "logs",
        "telephone numbers pass the filter in front of the logs",
        "bot/conversation/personal.py",
        "    text = _PHONE.sub(lambda found: _ending(found[0]) if _is_phone(found[0]) else found[0], text)\n",
        "",
        "tests/unit/conversation/test_personal.py",
    ),
    Break(
        "portal",
        "a login is believed whoever signed it",
        "bot/service/portal.py",
        "    if not hmac.compare_digest(_mac(secret, seconds, user), given):",
        "    if found is None:",
        "tests/integration/edge/test_identify.py::test_a_bad_signature_is_said_and_changes_nothing",
    ),
    Break(
        "widget",
        "one address begins conversations without end",
        "connectors/widget/allowance.py",
        "        if not parsed.is_global:",
        "        if parsed.version:",
        "tests/integration/edge/test_message_rate.py::test_one_address_begins_so_many_conversations_and_no_other_pays_for_it",
    ),
    Break(
        "widget",
        "a socket that still opens is closed at once",
        "connectors/widget/static/app/socket_line.js",
        "    if (socket.readyState !== WebSocket.CONNECTING) {",
        "    if (socket) {",
        "tests/browser/test_lines.py::test_who_goes_while_the_socket_opens_leaves_no_warning",
        "close",
    ),
    Break(
        "wording",
        "a rule over words finds nothing",
        "bot/transparency/lint.py",
        "        return found.group(0) if found else None",
        "        return None if found else None",
        "tests/unit/transparency/test_wording.py::test_each_rule_finds_its_sentences_in_its_languages",
    ),
    Break(
        "D6",
        "every desk is told who types and looks, wherever",
        "connectors/desk/socket.py",
        "            if self._visible[conversation_id]:",
        "            if True:",
        "tests/integration/edge/test_desk_refusals.py::test_nobody_is_told_who_types_or_looks_at_what_is_not_theirs_to_see",
    ),
    Break(
        "T7",
        "what the customer has from the app is sent to them again",
        _STORED,
        "        elif self.pushes and not is_there:",
        "        elif self.pushes:",
        f"{_WHATSAPP}test_written_in_app.py::"
        "test_a_word_of_the_app_is_in_the_log_once_as_a_persons_and_is_not_sent_again",
    ),
    Break(
        "T8",
        "an answer goes out from the first number that is set",
        "connectors/whatsapp/sender.py",
        "        return person.phone_number_id if person.phone_number_id in self._numbers else None",
        "        return self._numbers[0]",
        f"{_WHATSAPP}test_several_numbers.py::test_everything_goes_out_from_the_number_that_was_written_to",
    ),
    Break(
        "T9",
        "what is open in the conversation that ends is forgotten",
        "bot/service/joining.py",
        "        for one in owed:",
        "        for one in owed[:0]:",
        f"{_WHATSAPP}test_joining.py::test_what_nobody_has_answered_is_asked_once_where_it_goes_on",
    ),
    Break(
        "record",
        "a transcript in the ticket system is not owed",
        "bot/store/erasure.py",
        '    if asked_by != "retention" and any(',
        "    if not asked_by and any(",
        "tests/integration/service/test_erasure.py::test_a_transcript_in_the_ticket_system_stays_owed_until_it_is_gone",
    ),
    Break(
        "record",
        "a file that no link is about is no finding",
        "bot/store/chain.py",
        '            if kind is Kind.FILE and row["state"] != "stored":',
        "            if kind is Kind.FILE:",
        "tests/integration/service/test_files.py::test_a_file_from_before_files_had_links_is_adopted_once",
    ),
    Break(
        "widget",
        "the way to a person and the way out scroll away where little height is left",
        "connectors/widget/static/app/styles.js",
        "  .tools { position: sticky; top: 0; z-index: 1; padding-block: .2em; }",
        "  .tools { padding-block: .2em; }",
        "tests/integration/edge/test_widget_accessible.py::test_whoever_reads_further_up_is_told_of_news_and_nothing_is_covered",
    ),
    Break(
        "G5",
        "a rating hides that a session is due",
        _CONVERSATIONS,
        "            aside=silent and session > row.session,\n",
        "",
        _LABELLED,
    ),
    Break(
        "G5",
        "an old button begins a session without its disclosure",
        "bot/service/handover.py",
        "            if begins_session:\n",
        "            if begins_session and False:\n",
        _LABELLED,
    ),
    Break(
        "G5",
        "the disclosure is marked as one and does not say it",
        _OPENINGS,
        'words.say("disclosure_again" if again else "disclosure", language)',
        'words.say("topic_invoice_show", language)',
        _LABELLED,
    ),
    Break(
        "G5",
        "the bot does not say what it is in a language that was chosen",
        _CONVERSATIONS,
        "                    opened.append(openings.disclosure(self._words, locale))\n",
        "                    pass\n",
        _LABELLED,
    ),
    Break(
        "G5",
        "the bot follows into another language and does not say in it what it is",
        "bot/service/turns.py",
        "            await self._follow(opened, response)\n",
        "            row.locale = response.language\n",
        _LABELLED,
    ),
    Break(
        "widget",
        "what has the focus may lie under the chat's button",
        "connectors/widget/static/app/room.js",
        'button.classList.toggle("aside", hidesFocused(button))',
        "hidesFocused(button)",
        "tests/integration/edge/test_widget_accessible.py::test_the_closed_chat_gives_room_to_whoever_reads_the_page",
    ),
)
