"""Finds names in sentences, and whether each is asserted, denied, or left open. Pure.

A sentence is the weakest sign of an answer. So a name counts only if it is the one that is asserted, and nothing in
its clause denies it or leaves it open.
"""

import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Literal

from verifiers.label_set import LabelSet
from verifiers.reader.vocabulary import AND, AND_UNSPACED, DENIED, words
from verifiers.spelling import normalise, readable

_HEDGED = 16  # characters between a hedge and the name that it is about
_NEAR = 40  # characters looked at before and behind a name
_CLAUSE_END = re.compile(
    r"[.!?;:,()\n。！？；，：،؛—]|\s(?:but|so|because|since|although|though|while|whereas|aber|mais)\s"
)
_SENTENCE_END = re.compile(r"(?<!e\.g)(?<!i\.e)[.!\n。！；;](?=\s|\Z)|[。！\n]|(?P<asks>[?？؟])")
_DENIES = re.compile(
    r"(?:\b(?:not|no|nor|neither|never|without|rather than|instead of|other than|unlike|except|excluding|excludes?"
    r"|as opposed to|rules? out|ruled out|ruling out|reject(?:ed|s|ing)?|eliminate[ds]?|anything but|far from|nicht"
    r"|keine?n?|pas|non|no es|não|не|nie|niet|geen|inte|ikke|sin|ni|sans|ohne|weder|noch|senza|né|sem|nem|без|ни"
    r"|ليس|ليست|לא|אינו|אינה)|n't|不是|并非|不属于|ไม่ใช่)"
    r"(?:\s(?:an?|the|any|about|a case of|of|to|as|under|in|really|de|une?|eine?|zu|à))*+\s?[\"'“«„*`(\[]*+\Z"
)
_NOTHING = re.compile(  # "nothing to do with x", "n'a rien d'x"
    r"\b(?:nothing|rien|nichts|nada|nulla|niente|ничего|niets|nic|ingenting|intet)\b"
    r"(?! (?:but|other|else|less|short|more)\b| d'autre| anderes| más| altro| mais)[^.,;:!?\n]{0,30}+\Z"
)
_CONCEDES = re.compile(  # "even though the reporter calls it x"
    r"(?:\b(?:although|though|even if|despite|in spite of|notwithstanding|obwohl|obgleich|auch wenn|trotz"
    r"|bien que|quoique|même si|malgré|aunque|a pesar de|sebbene|benché|anche se|nonostante"
    r"|embora|ainda que|apesar d\w|хотя|несмотря на|hoewel|ondanks|chociaż|mimo)\b|\A\s?while\b|虽然|尽管|虽|即使)"
    r"[^.,;:!?()\n。，；：！？،]{0,120}+\Z"
)
_NOT_ONLY = re.compile(r"\bnot (?:only|just|merely|simply)\b")
_DENIED = re.compile(
    r"[\"'”*`)\]]*+\s?(?:do(?:es)?(?: not|n't)(?: really)? (?:apply|fit|match)|(?:is|are|was|were)(?: not|n't)\b"
    r"|(?:is|are|was|were|can be|could be|has been|is to be) (?:ruled out|excluded|rejected|eliminated|dismissed"
    r"|incorrect|wrong|unlikely|irrelevant|out)|(?:would be|seems?|looks?) (?:wrong|incorrect|unlikely)"
    r"|trifft nicht zu|ne s'applique pas|毫?无关|無關|とは?無関係|ではない|ではありません|不适用)"
)
_DENIAL = re.compile(
    r"\b(?:not|no|nor|neither|never|without|cannot|unable|hardly|barely|scarcely|doubt|doubtful"
    r"|nicht|kein\w{0,2}|pas|não|не|нет|nie|niet|geen|inte|ikke|değil|नहीं|ليس|ليست|לא|אינו|אינה|n't)\b|n't\b"
    r"|\b(?:rather than|instead of|far from|anything but)\b|不是|并非|不属于|没有|ではな|じゃな|ไม่|아니"
)
_OPEN = re.compile(
    r"\b(?:could|might|may|maybe|perhaps|possibly|either|or|unsure|unclear|uncertain|whether|between"
    r"|(?<!even )if|hard to say"
    r"|alternatively|candidates|options|not sure|not certain|depends|plausible|possible|equally|torn|likely"
    r"|probabl[ey]"
    r"|vielleicht|oder|könnten?|möglich\w{0,6}|eventuell|peut-être|pourrai(?:t|ent)|ou|quizás?|tal vez|podrían?|puede"
    r"|forse|potrebber?o?|oppure|talvez|poderiam?|может|возможно|или|belki|veya|może|lub|misschien|kanskje"
    r"|kanske|måske"
    r"|قد|ربما|شاید|ممکن|یا|أو|אולי|או|शायद|या|for example|for instance|such as|e\.g|i\.e)\b"
    r"|可能|也许|或|かもしれ|または|อาจ|หรือ|또는|아마|수도"
)
HEDGES = re.compile(
    r"\b(?:(?:could|might|may|can)(?: also| possibly| perhaps)? (?:be|fit|count|apply|qualify)|alternatively|possibly"
    r"|perhaps|maybe|or else|not (?:sure|certain)|unsure|another (?:option|possibility)|either|or)\b",
    re.IGNORECASE,
)
"""Words that hold another answer possible."""
_UNSURE = re.compile(  # of a whole sentence
    r"\b(?:(?<!even )if|please|provide|let me know|i(?:'d| would)? need|more (?:information|context|details?)"
    r"|unsure|unclear"
    r"|uncertain|not (?:entirely |completely |very |quite )?(?:sure|certain|clear)|hard to (?:say|tell))\b|:\s*+\Z"
)
_EITHER = re.compile(r"[\"'”*`)\]]*+\s?(?:or|oder|ou|/|means|refers to|is defined)\s|[\"'”*`)\]]*+\s?/")
_QUOTED = re.compile(r"\s[\"'“](?=\w)[^\"'”]{3,38}+\Z")  # words of another: "they write 'the answer is x'"
_WORD = re.compile(r"[ _-](\w{3,40})")
_SIGNS = str.maketrans("’−‐‑", "'---")
_WHY = re.compile(r" (?:because|since|as|for|with|and|or|due|is|here)\b")
_SCALE = re.compile(r"(?:out of|of the|of|/)\s*\Z")
_MARKS = "([\"'“`*<>≤≥+−-"
_CUE = re.compile(
    r"\b(?:is|be|are|as|say|rate|rated|give|given|choose|chose|chosen|pick|select|label|labels|labelled|labeled"
    r"|classif\w{1,9}|category|class|answer|option|score|rating|grade|assign|assigned|it|this|get|gets"
    r"|deserves?|ist|est|es|è|é|er|är|это"
    r"|think|level|with|mentions|needs)(?:\s(?:an?|the|it|this|text|one)){0,3}+\s?\Z"
)
_COMMON = words("a i yes no none other others it is to in on as at be or an do y n ok t f unknown new how why when")
_ANSWERS = re.compile(
    r"\bi(?:'d| would|'ll| will)? (?:\w{3,10}ly )?(?:classify|label|triage|categori[sz]e|tag|rate|mark"
    r"|file)(?: (?:this|it|the)(?: \w{2,12})?)?"
    r"(?: (?:as|under|with))?(?: an?| the)?\s?[\"'“*`(\[]*+\Z|\b(?:final|correct|right|best|best fitting"
    r"|most appropriate|appropriate|most suitable|chosen|overall|my)?\s?"
    r"(?:answer|label|category|class|intent|classification|choice|option|topic|tag|sentiment|rating|grade|score"
    r"|(?<=correct )\w{1,20}|(?<=right )\w{1,20}|(?<=final )\w{1,20})s?"
    r"(?: here| for (?:this|the) \w{1,20})?,? (?:is|would be|should be|must be|is therefore|is thus|is clearly"
    r"|will be)"
    r"(?: indeed)?:?\s?(?:the |an? )?[\"'“*`(\[]*+\Z"
)
_FOREIGN_ANSWERS = re.compile(
    r"(?:\b(?:antwort|ergebnis|kategorie|etikett|klasse|einstufung|label|réponse|catégorie|étiquette|respuesta"
    r"|categoría"
    r"|etiqueta|risposta|categoria|etichetta|resposta|ответ|категория|метка|odpowiedź|kategoria|etykieta"
    r"|antwoord|svaret"
    r"|cevap|etiquetas|kategorien|labels|étiquettes|catégories|etichette|categorie|метки)(?: \w{1,12})? (?:sind"
    r"|sont|son|sono|são|ist|lautet|wäre|est|serait|es|sería|è|sarebbe|é|seria|это|[-–—]|to|jest|is|är|er)"
    r"(?: \w{3,10})?+|\b(?:lautet|ist|wäre) (?:die|das) (?:\w{1,12} )?(?:antwort|kategorie|label|etikett|ergebnis)"
    r"(?: \w{3,10})?+|(?:答案|标签|標籤|类别|類別|分类|结果|結果|ラベル|カテゴリー?|分類|答え|回答|정답|레이블|라벨|답)"
    r"(?:应该?|應該?)?+(?:是|为|為|は|은|는|有|包括)):?\s?(?:«\s?|[\"'“„「『*`(\[])*+\Z"
)
_CONCLUDES = re.compile(
    r"\b(?:therefore|thus|hence|consequently|daher|deshalb|somit|donc|por (?:lo )?tanto|así que|quindi|dunque"
    r"|portanto"
    r"|поэтому|następnie|zatem|dus|derfor|därför)\b|因此|所以|故|したがって|よって|따라서|لذلك|بنابراین"
)
_OFFERS = re.compile(  # what a reply says to its reader, not of the text
    r"\b(?:(?:i|we)(?:'d| would|'ll| will| can|'m| am)(?: (?:be|gladly|certainly|definitely|surely|also))?"
    r"(?: (?:more than|very|so))?(?: (?:happy|glad|pleased|ready|here|able|delighted))?(?: to)?(?: gladly)?"
    r" (?:help|assist|support|do that|do this|take care)|(?:happy|glad|ready|here) to (?:help|assist)|let me help"
    r"|how (?:can|may) (?:i|we)|what can i|please (?:paste|provide|share|send|enter|give|include|upload|supply"
    r"|attach)"
    r"|i(?:'m| am| would be|'d be) (?:\w{2,10} )?(?:happy|glad|ready|here|able) to|(?:send|give|show) me"
    r"|(?:glad|happy|ready) to (?:be|label|classify)|feel free|let me know|ich helfe"
    r"|kann ich (?:ihnen |dir )?(?:gerne? )?helfen|helfe ich|je peux vous aider"
    r"|puedo ayudar\w{0,3}|posso aiut\w{1,6}|posso ajud\w{1,6}|я могу помочь|помогу)\b"
    r"|\A\W*+(?:thanks?(?: you)? for|(?:great|good) question)\b|(?:帮|帮助)您|お手伝い|도와드리"
)
_DECIMALS = re.compile(
    r"[.,](?!0{1,2}\b)\d| ?[½¼¾]| ?1⁄\d|\d?⁄\d| and a (?:half|quarter)\b|-\d| ?[–—~] ?\d| (?:to|bis|à) \d|\+(?!\w)"
)
_IN_DECIMALS = re.compile(r"\d(?:[.,]|-| ?[–~] ?| to | bis | à | and a )\Z")
_JOINS = re.compile(
    rf"\s?[\"'”»*`)\]」』]*+\s?(?:,\s?)?(?:(?:{AND}) (?:also |the |an? )?|(?:{AND_UNSPACED}|、)\s?"
    rf"|(?<=,)\s?)(?:«\s?|[\"'“*`(\[「『])*+",
    re.IGNORECASE,
)
_AND_MORE = re.compile(rf"\s?(?:{AND_UNSPACED}|와|과|하고|이랑)\s?\w|\sو\w")  # by what is no name, or hidden in a word
_NOUNS = r"(?:labels?|categor\w{1,4}|classes|intents?|topics?|tags?|answers?)"
_NOUN = re.compile(rf"\b{_NOUNS}\b")
_ASSIGNS = re.compile(  # in what stands before names
    rf"\b{_NOUNS}\b[^.;]{{0,40}} (?:are|is|would be|should be|zijn|sind|är|er)\b|\b(?:i|we)(?:'d|'ll"
    rf"|'ve)?(?: \w{{1,12}}){{0,3}}? (?:choose|chose"
    rf"|chosen|pick\w{{0,3}}|select\w{{0,3}}|appl\w{{1,3}}|assign\w{{0,3}}|label\w{{0,5}}|tag\w{{0,5}}"
    rf"|classif\w{{1,4}}|go with|give)\b"
    rf"|\b(?:belongs? (?:in|to)|falls? (?:under|into|in)|(?:classified|labell?ed|tagged|categori[sz]ed) (?:as"
    rf"|under|with))\b"
    r"|\b(?:gehör\w{1,3}|zuzuordnen|relève(?:nt)?|appartien\w{1,3}|perteneces?n?|corresponde|rientra|относится"
    r"|ingår|hoort)\b"
    r"|属于|屬於|จัดอยู่|ประเภท|หมวด|ป้ายกำกับ|تندرج|يندرج|تصنيف|برچسب|دسته|toifa|kategoriya"
)
_ASSIGNED = re.compile(
    r"[\"'”»*`]*+\s?(?:both |all )?(?:appl(?:y|ies)|fit|are (?:both )?(?:applicable|correct|assigned))\b"
)
_CHOICE = re.compile(r"可选|可選|候选|选项|以下|可用|选择|ตัวเลือก|متاح|موجود|\b(?:dispon|verfügbar|mögliche|доступн)")
_LIMITS = re.compile(
    r"\b(?:only|but|however|except|instead|rather|mainly|mostly|nur|aber|seulement|mais|solo|pero|ma|но)\b|但|只|而是|ただし"
)


@dataclass(frozen=True, slots=True)
class Said:
    """A name in a sentence, and how it is said.

    Attributes:
        joined: whether nothing but an "and" or a comma parts it from the name before.
    """

    name: str
    how: Literal["asserted", "answer", "denied", "open"]
    joined: bool = False


def names_in(text: str, labels: LabelSet) -> list[str]:
    """The names that stand in a text, however they are said, each once, in order."""
    return list(dict.fromkeys(name for name, _, _ in _spots(_flat(text), labels)))


def hedged_in(text: str, labels: LabelSet) -> set[str]:
    """The names that directly follow words that hold another answer possible: "or Billing", "could also be Billing"."""
    if not HEDGES.search(text):
        return set()
    flat = _flat(text)
    starts = {start: name for name, start, _ in _spots(flat, labels)}
    ends = [hedge.end() for hedge in HEDGES.finditer(flat)]
    return {starts[place] for end in ends for place in range(end, end + _HEDGED) if place in starts}


def said_in(text: str, labels: LabelSet) -> list[Said]:
    """How each name in a text is said, in order; a name in a question is not said at all.

    Names that are common words, single letters or figures count only where a word before them shows that they are
    meant ("the answer is B"), or where their capitals do.
    """
    text = _flat(text)
    found: list[Said] = []
    for sentence in _sentences(text):
        spots = list(_spots(sentence, labels))
        folded = sentence.casefold() if len(sentence.casefold()) == len(sentence) else sentence.lower()
        folded = folded if len(folded) == len(sentence) else sentence
        if _OFFERS.search(folded):
            continue
        unsure = bool(_UNSURE.search(folded))
        starts = [start for _, start, _ in spots[1:]] + [len(sentence)]
        before = [0, *(end for _, _, end in spots)]
        joins = [
            ended > 0 and bool(_JOINS.fullmatch(sentence, ended, spot[1]))
            for ended, spot in zip(before, spots, strict=False)
        ]
        assigned = any(joins) and _is_assigned(folded, spots[joins.index(True) - 1 :])
        for place, ((name, start, end), following) in enumerate(zip(spots, starts, strict=bool(spots))):
            if _is_meant(name, sentence, folded, start, end):
                how = _how(folded, start, end, following)
                if how != "denied" and (unsure or _is_inflected(name, folded, end, labels)):
                    how = "open"
                grouped = joins[place] or any(joins[place + 1 : place + 2])
                if (
                    how in {"asserted", "answer"}
                    and not any(joins[place + 1 : place + 2])
                    and _AND_MORE.match(sentence, end)
                ):
                    how = "open"
                if grouped and how in {"asserted", "answer"}:
                    how = "answer" if assigned else "asserted"
                found.append(Said(name, how, joins[place]))
    return found


def the_one(said: Sequence[Said]) -> str | None:
    """The one name that is asserted; None if there is none, if there are several, or if any is left open."""
    answers = {one.name for one in said if one.how == "answer"}
    asserted = {one.name for one in said if one.how in {"asserted", "answer"}}
    away = {one.name for one in said if one.how in {"denied", "open"}}
    if len(answers) == 1 and not answers & away:
        return next(iter(answers))
    left_open = {one.name for one in said if one.how == "open"}
    return next(iter(asserted)) if len(asserted) == 1 and not left_open and not asserted & away else None


def the_joined(said: Sequence[Said], text: str) -> tuple[str, ...]:
    """The names that one clause asserts together, where no other name is asserted or left open; else none."""
    groups: list[list[Said]] = []
    for one in said:
        if one.joined and groups:
            groups[-1].append(one)
        elif one.how != "denied" or any(one.name == other.name for group in groups for other in group):
            groups.append([one])
    names = dict.fromkeys(one.name for group in groups for one in group)
    whole = [group for group in groups if len(group) == len(names) > 1 and all(one.how == "answer" for one in group)]
    sure = whole and all(one.how in {"asserted", "answer"} for group in groups for one in group)
    return tuple(one.name for one in whole[0]) if sure and not _LIMITS.search(text.casefold()) else ()


def _flat(text: str) -> str:
    """``text`` with one hyphen and one apostrophe, so that signs and denials are seen."""
    return readable(text).translate(_SIGNS)


def _sentences(text: str) -> Iterator[str]:
    start = 0
    for end in _SENTENCE_END.finditer(text):
        if not end["asks"]:
            yield text[start : end.end()]
        start = end.end()
    yield text[start:]


def _spots(text: str, labels: LabelSet) -> Iterator[tuple[str, int, int]]:
    """(name, start, end) of the names in a text, in order, the longest where one stands in another."""
    taken = bytearray(len(text))
    spots = []
    for mention in labels.index.mentions(text):
        start, end = mention.start, mention.end
        inside = taken[start]
        taken[start:end] = b"\1" * (end - start)
        if not inside and not _is_part(text, start, end):
            spots.append((mention.name, start, end))
    yield from _as_spelt(sorted(spots, key=lambda spot: spot[1]), text)


def _is_part(text: str, start: int, end: int) -> bool:
    """Whether a figure there is part of another, or of a range: "3.5", "3 to 4"."""
    ends = text[end - 1].isdigit() and _DECIMALS.match(text, end)
    return bool(ends or (text[start].isdigit() and _IN_DECIMALS.search(text[max(0, start - 8) : start])))


def _as_spelt(spots: Sequence[tuple[str, int, int]], text: str) -> list[tuple[str, int, int]]:
    """If some are spelt with the capitals of the list, those without are mere words."""
    spelt = [name != name.casefold() and text[start] == name[:1] for name, start, _ in spots]
    return [spot for spot, capitals in zip(spots, spelt, strict=True) if capitals or not any(spelt)]


def _is_meant(name: str, text: str, folded: str, start: int, end: int) -> bool:
    core = normalise(name)
    common = core in _COMMON or (len(core) == 1 and core.isascii()) or core.replace(".", "").isdigit()
    if _SCALE.search(text[max(0, start - 10) : start]) and core.isdigit():
        return False
    if not common or _is_cued(folded[max(0, start - _NEAR) : start]):
        article = core in {"a", "i", "no"} and text[end : end + 1] == " " and text[end + 1 : end + 2].islower()
        return not article or bool(_WHY.match(text, end))
    capitals = len(core) > 1 and name[:1].isupper() and text[start] == name[:1]
    return capitals and start > 0


def _is_assigned(folded: str, spots: Sequence[tuple[str, int, int]]) -> bool:
    """Whether a sentence gives the names in it as labels, and does not just list or compare them."""
    before, behind = folded[max(0, spots[0][1] - 200) : spots[0][1]], spots[-1][2]
    given = _ASSIGNS.search(before) or _ANSWERS.search(before) or _FOREIGN_ANSWERS.search(before)
    given = given or (_NOUN.search(before) and _ASSIGNED.match(folded, behind))
    return bool(given) and not _CHOICE.search(folded) and not DENIED & set(normalise(before).split())


def _is_inflected(name: str, text: str, end: int, labels: LabelSet) -> bool:
    """Whether a longer name stands there in another form: "refund requests", where there is "refund request"."""
    following = _WORD.match(text, end)
    return bool(following) and any(labels.find(f"{name} {following[1][:-cut]}") for cut in (1, 2))  # type: ignore[index]


def _is_cued(before: str) -> bool:
    """Whether words or marks before a name show that it is meant as one."""
    bare = before.rstrip(_MARKS)
    return (
        bare.rstrip()[-1:] in {":", "="}
        or any(sign in "([\"'“`*" for sign in before[len(bare) :])
        or bool(_CUE.search(bare))
    )


def _how(text: str, start: int, end: int, following: int) -> Literal["asserted", "answer", "denied", "open"]:
    """How the name at a place of a sentence is said, by its clause."""
    before, behind = text[max(0, start - _NEAR) : start], text[end : end + _NEAR]
    far = text[max(0, start - 200) : start]
    denies = _DENIES.search(before) or _NOTHING.search(before)
    if _DENIED.match(behind) or (denies and not _NOT_ONLY.search(before)):
        return "denied"
    clause = _clause(text, start, end, following)
    if _EITHER.match(behind) or _OPEN.search(clause) or (_DENIAL.search(clause) and not _NOT_ONLY.search(clause)):
        return "open"
    quoted = behind[:1] in {'"', "'", "”"} and _QUOTED.search(before)
    if quoted or _CONCEDES.search(far):
        return "denied"
    told = text[max(0, start - 2 * _NEAR) : start]
    answers = _ANSWERS.search(told) or _FOREIGN_ANSWERS.search(told) or _CONCLUDES.search(clause)
    return "answer" if answers else "asserted"


def _clause(text: str, start: int, end: int, following: int) -> str:
    """The clause around a place, without the name itself; at most 200 characters to each side.

    What denies the name that follows does not stand in it.
    """
    before = text[max(0, start - 200) : start]
    ends = [match.end() for match in _CLAUSE_END.finditer(before)]
    behind = text[end : min(end + 200, following)]
    behind = "" if _DENIES.search(behind[-_NEAR:]) or _NOTHING.search(behind[-_NEAR:]) else text[end : end + 200]
    first = _CLAUSE_END.search(behind)
    return f"{before[ends[-1] if ends else 0 :]} {behind[: first.start() if first else len(behind)]}"
