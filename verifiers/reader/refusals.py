"""Knows a reply that declines to answer. Pure."""

import re

_OPENING = 200  # characters in which a refusal begins
_REFUSAL = re.compile(
    r"\b(?:i(?:'m| am) (?:sorry|unable|not able|not comfortable|not going to|afraid i)|i (?:can(?:no|')t|can not|won't"
    r"|will not|must decline|must refuse|refuse|do not feel|don't feel|have to decline|apologi[sz]e)|as an ai\b"
    r"|as a (?:large )?language model|sorry, (?:but )?(?:i|this|that)|my apologies"
    r"|(?:unable to|cannot|can't) (?:classify|determine|label|comply|assist|help|process)"
    r"|(?:request|content|it) (?:violates|goes against)|against (?:my|our|the) (?:policy|policies|guidelines)"
    r"|i(?:'d| would) (?:rather|prefer) not)"
    r"|抱歉|对不起|無法|无法(?:提供|协助|帮助|回答)|申し訳|できません|죄송|es tut mir leid"
    r"|ich kann (?:ihnen )?(?:dabei )?nicht"
    r"|lo siento|no puedo|je suis désolé|désolée?, |je ne peux pas|mi dispiace|non posso|desculpe|não posso|извините"
    r"|к сожалению|я не могу",
    re.IGNORECASE,
)


def is_refusal(reply: str) -> bool:
    """Whether a reply in which no answer stands by itself declines to answer, as its opening tells."""
    return bool(_REFUSAL.search(reply[:_OPENING].replace("’", "'")))
