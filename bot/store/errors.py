"""What can go wrong with the store, as classes that say what to do."""


class StoreError(Exception):
    """Base of all errors of the store."""


class StoreUnavailable(StoreError):
    """The database is away, locked for too long, full, or does not answer. Try again later.

    Nothing was written, with one exception: when the line breaks during the commit itself, nobody can tell. That is why
    what repeats is recognised by its id, and a repetition is always safe.
    """


class UnknownConversation(StoreError):
    """No conversation has this id."""


class Outdated(StoreError):
    """What the caller saw is no longer so: another epoch, a newer message, a lost lease. Look again."""
