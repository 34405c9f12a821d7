"""verifier=auto: what an answer is, as the data say."""

from verifiers.choice import Choice
from verifiers.labels import Labels


def auto(multiple: bool | None = None) -> Labels:
    """``choice`` where an item has exactly one label, ``labels`` where it may have any number.

    Args:
        multiple: whether it may; null takes what the data set says (a labelling interface does), else any number.
    """
    return Choice() if multiple is False else Labels()
