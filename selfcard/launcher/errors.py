"""What the launcher says when it cannot go on."""


class Trouble(Exception):  # noqa: N818 – it is told to a person, not raised at a programmer
    """Something that a person at the terminal can mend, said in one sentence.

    The command line prints the sentence alone and ends with exit code 1; a
    traceback is for our own mistakes only.
    """
