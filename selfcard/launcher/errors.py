"""What the launcher says when it cannot go on."""


class Trouble(Exception):
    """Something that a person at the terminal can mend, said in one sentence.

    The command line prints the sentence alone and ends with exit code 1; a
    traceback is for our own mistakes only.
    """
