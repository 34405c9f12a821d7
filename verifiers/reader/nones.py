"""Finds in sentences that no label applies, in the languages that models mix in. Pure."""

import re

from verifiers.label_set import LabelSet
from verifiers.reader.prose import names_in

_NONE = (
    r"none|keine?[rsmn]?|aucune?|ning[uú]n[oa]?|nessun[oa]?|nenhuma?|ни одн?[аоио]\w?|ни один|никак(?:ая|ой|ие)"
    r"|geen(?: enkele?)?"
    r"|żadn[aey]\w?|ingen|inga|inget|hiçbir\w{0,4}|жодн\w{1,2}|niciuna?|žádn\w{1,2}|هیچ ?(?:یک|کدام)?"
    r"|لا (?:ينطبق|يوجد|تنطبق|توجد) أيّ? ?\w{0,3}"
)
_NOUN = (
    r"(?:labels?|cat[eé]gor\w{1,6}|kategor\w{1,6}|class(?:es)?|klass\w{1,3}|intents?|topics?|tags?|options?"
    r"|choices|etikett\w{0,3}"
    r"|étiquettes?|etiquetas?|etichett[ae]|etiket\w{0,6}|rótulos?|мет(?:к|ок)\w{0,3}|etykiet\w{0,3}"
    r"|категори\w{1,3}|(?:ال)?تصنيف\w{0,3}"
    r"|etiketlerden|(?:ال)?فئات|برچسب\w{0,4}|دسته\w{0,6}|етикет\w{0,3}|мітк\w{1,3})"
)
_SAYS_NONE = re.compile(
    r"\bnothing (?:in|on|from) the list (?:appl|fit|match)\w{1,3}\b"
    r"|\bnone of (?:the|these|those|them|your|its|my)(?: \w{1,20}){0,3}? (?:labels|categories|classes|intents"
    r"|topics|tags|options"
    r"|choices)\b|\bnone of (?:them|these|those|the above)(?: \w{1,12})? (?:appl(?:y|ies)|fits?|match(?:es)?)\b"
    r"|\bno (?:\w{1,20} )?(?:label|category|class|intent|topic|tag|option)s? (?:(?:on|in|of"
    r"|from) \w{1,8} list )?(?:really |actually "
    r"|here |that )?(?:appl(?:y|ies)|fits?|match(?:es)?|(?:is|are|seems?) (?:applicable|appropriate|suitable"
    r"|relevant|present))\b"
    r"|\bno (?:applicable|suitable|matching|fitting|appropriate|relevant) (?:label|category|class|intent|topic"
    r"|tag)s?\b"
    r"|\bdoes(?: not|n't) (?:fit|match|fall (?:under|into)|belong to) any of the(?: \w{1,20}){0,2}? (?:labels"
    r"|categories|classes"
    r"|topics|options)\b"
    rf"|\b(?:{_NONE})(?: \w{{1,14}}){{0,3}}? {_NOUN}\b"
    r"|(?:没有|沒有|无|無)(?:任何|一个|一個)?(?:合适|适用|匹配|相关|对应|適用|符合)?的?(?:标签|標籤|类别|類別|分类)|(?:都|均|皆)不(?:适用|適用|符合|匹配|属于|屬於)"
    r"|(?:どの|いずれの)(?:ラベル|カテゴリー?|分類)に?も|(?:該当|適用)する(?:ラベル|カテゴリー?)は(?:ありません|ない)"
    r"|(?:해당하는|적용되는|맞는) (?:레이블|라벨|카테고리|항목)[이가은는]? ?(?:없|하나도)|ไม่มี(?:ป้าย|หมวด|ประเภท)"
)
_OTHERS = re.compile(
    r"\b(?:other|others|remaining|else|rest|if|whether|except|unless|besides|apart|might|may|could|not sure"
    r"|maybe|perhaps"
    r"|almost|cannot|can't|andere\w?|übrig\w{1,3}|außer|wenn|autres?|sauf|sinon|si|otr[ao]s?|salvo|excepto"
    r"|demás|altr[aei]|tranne|outr[ao]s?"
    r"|exceto|друг\w{1,3}|кроме|остальн\w{1,3}|если|diğer|andra|øvrige)\b|其他|其它|除|以外|他の|以外|如果|もし|다른"
)
_BEHIND = re.compile(r"\b(?:but|than|better|aber|mais|pero|ma|но)\b|但")
_SENTENCES = re.compile(r"[^.!?\n。！？]++[.!?\n。！？]?")


def says_that_none(text: str, labels: LabelSet) -> bool:
    """Whether a sentence says so plainly: of all labels, with no exception, condition or doubt; a question does not.

    A label that is called so, as "None of the labels", is a name and says nothing of others.
    """
    sentences = [one[0] for one in _SENTENCES.finditer(text.casefold().replace("’", "'"))]
    said = [(one, found) for one in sentences if (found := _SAYS_NONE.search(one))]
    plain = all(
        not _OTHERS.search(one) and not _BEHIND.search(one, found.end()) and one[-1] not in "?？" for one, found in said
    )
    return bool(said) and plain and not names_in("\n".join(found[0] for _, found in said), labels)
