"""The second person: what somebody asked for, and who agreed or refused.

Owns the request for approval and its decision. Leaves to the capability that asked what is done
when it is granted: its own command grants the approval and then does the deed.
"""
