"""Knows a reply that declines to answer, and one that a server gave in the model's place. Pure."""

import re

_OPENING = 200  # characters in which a refusal begins
_REFUSAL = re.compile(
    r"\b(?:i(?:'m| am) (?:sorry|unable|not able|not comfortable|not going to|afraid i)|i (?:can(?:no|')t"
    r"|can not|won't"
    r"|will not|must decline|must refuse|refuse|do not feel|don't feel|have to decline|apologi[sz]e)|as an ai\b"
    r"|as a (?:large )?language model|sorry, (?:but )?(?:i|this|that)|my apologies"
    r"|(?:unable to|cannot|can't) (?:classify|determine|label|comply|assist|help|process)"
    r"|(?:request|content|it) (?:violates|goes against)|against (?:my|our|the) (?:policy|policies|guidelines)"
    r"|i(?:'d| would) (?:rather|prefer) not)"
    r"|抱歉|对不起|無法|无法(?:提供|协助|帮助|回答)|申し訳|できません|죄송|es tut mir leid"
    r"|ich kann (?:ihnen )?(?:dabei )?nicht"
    r"|lo siento|no puedo|je suis désolé|désolée?, |je ne peux pas|mi dispiace|non posso|desculpe|não posso|извините"
    r"|к сожалению|я не могу|не вдалося|я не можу|на жаль|вибачте"
    r"|لا يمكنني|لا أستطيع|لا استطيع|لا أقدر|عذر[اًا]|آسف|أعتذر|אני לא יכול|איני יכול|לא אוכל|מצטער|סליחה"
    r"|माफ़? ?क(?:री|रें)|क्षमा करें|मैं नहीं|असमर्थ|ขออภัย|ขอโทษ|ไม่สามารถ|不能(?:提供|协助|帮助|回答)|不便"
    r"|お答えできません|할 수 없|어렵습니다"
    r"|üzgünüm|yapamam|maalesef|przepraszam|nie mogę|przykro mi|het spijt me|ik kan (?:dat |u |hier )?niet"
    r"|jag kan (?:tyvärr )?inte|tyvärr|jeg kan (?:desværre )?ikke|beklager|en voi|valitettavasti|bohužel|omlouvám"
    r"|λυπάμαι|δεν μπορώ|xin lỗi|tôi không thể|maaf|saya tidak (?:dapat|bisa)|sajnálom|nu pot|îmi pare rău",
    re.IGNORECASE,
)
_PAGE = re.compile(r"\s*+(?:<\?xml[^>\n]{0,100}>\s*+)?(?:<!doctype html|<html)\b", re.IGNORECASE)
_FAILS = re.compile(
    r"\b(?:[45]\d\d|errors?|gateway|unavailable|forbidden|denied|unauthori[sz]ed|not found|too many requests"
    r"|captcha|cloudflare|nginx|blocked|maintenance|log ?in|sign ?in|javascript)\b",
    re.IGNORECASE,
)
_FAILURE = re.compile(
    r"\s*+(?:(?:http/[\d.]{1,3} |http |status(?: code)?:? |error(?: code)?:? )?[45]\d\d[ :,-]{1,3}(?:bad"
    r"|unauthori[sz]ed|payment"
    r"|forbidden|not|method|request|conflict|too|internal|service|gateway|server|error|unprocessable)\b"
    r"|(?:the )?(?:model|server|engine) is (?:currently )?overloaded|you(?:'ve| have)? exceeded your"
    r"|rate limit (?:reached|exceeded)"
    r"|(?:your|the) request (?:could not|was rejected|was blocked)|upstream (?:request|connect|server"
    r"|prematurely)|traceback \(most recent call last\)|(?:http/[\d.]{1,3} |error code: ?)[45]\d\d\b"
    r"|(?:internal server error|service (?:temporarily )?unavailable|bad gateway|gateway time-?out"
    r"|too many requests)\s*+\Z"
    r"|(?:request|api call|call|connection) (?:failed|timed out)\b|\[error\]|(?:litellm|openai|httpx|requests"
    r"|anthropic)\.[\w.]{1,40}:"
    r"|(?:[\w.]{1,40})?(?:exception|error): (?:http|request|connection|read|the server|status|error code))",
    re.IGNORECASE,
)


def is_failure(reply: str) -> bool:
    """Whether a reply is what a gateway or a client says that could not reach the model: no word of it is an answer."""
    return bool(_FAILURE.match(reply) or (_PAGE.match(reply) and _FAILS.search(reply[:2_000])))


def is_refusal(reply: str) -> bool:
    """Whether a reply in which no answer stands by itself declines to answer, as its opening tells."""
    return bool(_REFUSAL.search(reply[:_OPENING].replace("’", "'")))
