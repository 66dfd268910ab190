"""The Rasa side of Klartext: what turns a standard Rasa assistant into one that fails loudly and answers once.

Guarantee: a turn either ends in a complete answer that is stored together with the memory it leads to, or in
an error and no trace at all. The pieces: `turn` (what is happening now), `memory` (what outlives it),
`snapshot` and `tracker_store` (Rasa's tracker, bounded), `action_endpoint` and `swallowed` (no failure gets
lost), `answer` (the reply), `plain_text` (customers type text, not commands), `assistant` (puts them in
place), `train`.
"""
