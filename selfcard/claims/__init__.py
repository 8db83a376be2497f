"""Claims: the notice that something has happened which a policy may pay for.

It owns the notices with what was added to them later – words, photos, papers – and by whom they
were taken on, looked at and closed. A notice is taken for any policy and for any card: where there
is no policy it is recorded for review, with the state that the card was in, and never refused for
it. Whether cover was in force at that moment is told as a fact.

Whether a claim is paid, and how much, is decided elsewhere: settling claims is no part of this
system. It leaves to others what a policy covers (`policies`), where a card is (`custody`), and what
a file is (`core.attachments`).
"""
