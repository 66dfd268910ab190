"""The assistant's custom actions: thin conversation steps over the customer data system.

Importing any module here changes nothing and opens nothing; the action server imports them all.
"""
