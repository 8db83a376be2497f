"""Messages: what people are told on their phone or by e-mail.

It owns the outbox: a message is a row that is written within the deed of which it tells, and sent
afterwards, again and again up to a limit, by whatever the settings name. It owns the templates by
which the insurer says it in words of its own. It leaves to others on which occasions something is
said and to whom, and keeps only an opaque reason (kind, number) of why.
"""
