"""How well texts are understood: any folder of labelled sets, and our own examples, beside stock Rasa.

Guarantee: nothing here knows a set's intents, except how "outside of all intents" is called. Test examples are used
once, for the figures printed. Every system is trained and asked in a process of its own, so that time and memory are
its own.
"""
