"""What a key says of the value behind it: ``Final answer:``, ``"label":``, ``Reason:``, ``<category>``. Pure."""

import re
from typing import Literal, TypeAlias

from verifiers.spelling import UNSPACED, normalise

Role: TypeAlias = Literal["final", "answer", "result", "reason", "denied"]
"""The answer that overrules others; an answer; a general word for one; what is beside an answer; what is no answer."""

ANSWERS = ("final", "answer", "result")
"""The roles of an answer, the surest first."""
LONGEST_KEY = 8  # words

_FINAL = {"final", "conclusion", "conclusions", "verdict", "decision", "corrected", "revised", "overall", "resolved"}
_DENIED = set(
    "not non no excluded exclude eliminated eliminate rejected reject discarded ruled dismissed alternative alternatives"
    " alternatively alt candidate candidates considered considering consider possible potential available allowed valid"
    " options runner unlikely wrong incorrect initial draft tentative preliminary previous prev old original"
    " former example examples format unselected negative inapplicable irrelevant absent missing other others unused all"
    " list allowed schema enum required properties negatives remaining except instead choose given every known".split()
)
_REASON = set(
    "reason reasons reasoning rationale explanation explanations explain why because thought thoughts thinking analysis"
    " justification evidence comment comments note notes step steps description summary summarization quote quotes text"
    " input message question details detail context scratchpad chain confidence certainty likelihood probability"
    " probabilities uncertainty score scores language span spans keyword keywords key user customer review document"
    " query id index ids title definition definitions meaning meta metadata model usage observation reflection"
    " background assumption assumptions task instruction instructions excerpt hint status error ok success timestamp"
    " approach remark remarks caveat motive reply critique version 理由 原因 解释 説明 文本 置信度 begründung erklärung"
    " grund raison explication razón explicación motivo motivazione justificación объяснение причина обоснование السبب"
    " kommentar 이유 설명 เหตุผล".split()
)
_NOUNS = set(
    "label labels intent intents category categories class classes classification classifications tag tags topic topics"
    " sentiment rating grade choice choices selection subcategory annotation annotations emotion emotions categorization"
    " 标签 分类 类别 標籤 類別 ラベル カテゴリ カテゴリー 分類 레이블 라벨 카테고리 분류 kategorie kategorien etikett klasse"
    " etiqueta etiquetas categoría categorías catégorie catégories étiquette étiquettes categoria categorie etichetta"
    " etichette rótulo метка метки категория категории класс التصنيف الفئة التسمية หมวดหมู่ ป้ายกำกับ श्रेणी लेबल"
    " kategoria kategori etykieta".split()
)
_RESULTS = set(
    "answer answers prediction predictions predicted output outputs result results response value values name names"
    " outcome selected included applied chosen assigned applicable applies ans ansver 答案 回答 结果 結果 答え 정답 답변 답 결과 antwort ergebnis lösung respuesta resultado réponse résultat"
    " risposta risultato resposta ответ результат الإجابة الجواب النتيجة คำตอบ उत्तर odpowiedź cevap antwoord".split()
)
_FILLERS = {"the", "my", "predicted", "assigned", "chosen", "selected", "applicable", "correct", "best", "is", "are"}
SCORE = {"score", "scores", "confidence", "probability", "probabilities", "likelihood", "certainty", "prob", "p"}
"""Keys of how sure a label is."""
HOLDS = set("applies applicable apply present holds selected relevant value match matches matched assigned".split())
"""Keys of whether a label applies."""

_UNSPACED = re.compile(f"[{UNSPACED}]")
EVIDENCE = {"evidence", "quote", "quotes", "spans", "span", "excerpt", "excerpts", "mentions"}
"""Keys of what in a text shows that a label applies; where it is empty nothing does."""
ORDINALS = {"first", "second", "third", "primary", "secondary", "tertiary", "main", "additional", "also", "top"}
_HUMP = re.compile(r"(?<=[a-z0-9])(?=[A-Z])")


def words_of(key: str) -> list[str]:
    """The words of a key in any of the ways that keys are written: ``finalLabel``, ``final_label``, ``Final label``."""
    return normalise(_HUMP.sub(" ", key[:200])).split()


def role_of(key: str) -> Role | None:
    """What a key says of its value; None where it is not known."""
    words = [word.rstrip("0123456789") or word for word in words_of(key)]
    if not words or len(words) > LONGEST_KEY:
        return None
    known = set(words) | (_unspaced(key) if not key.isascii() else set())
    if known & _DENIED:
        return "denied"
    if known & _FINAL and (known <= _FINAL | {"my", "the"} or known & (_NOUNS | _RESULTS)):
        return "final"
    if words[-1] in _REASON or (known & _REASON and not known & _NOUNS):
        return "reason"
    if known & _NOUNS:
        return "answer"
    return "result" if known & _RESULTS else None


def _unspaced(key: str) -> set[str]:
    """The known words within a key of a script that parts no words: ``最终答案``."""
    if not _UNSPACED.search(key):
        return set()
    return {word for word in _NOUNS | _RESULTS | _REASON if not word.isascii() and word in key}


def is_heading(line: str) -> bool:
    """Whether a line is nothing but a word for an answer: ``Final answer``, ``The labels``."""
    words = words_of(line)
    return 0 < len(words) <= 3 and "," not in line and set(words) <= _FINAL | _NOUNS | _RESULTS | _FILLERS


def stem_of(key: str) -> str:
    """What the keys have in common that give one answer in parts: ``Label 1``, ``primary_label``."""
    words = [word.rstrip("0123456789").removesuffix("s") for word in words_of(key)]
    return " ".join(word for word in words if word not in ORDINALS | {"", "the", "and"})


def rates(key: str) -> bool:
    """Whether a key may hold a figure that is the answer itself, where labels are numbers: ``Score: 3``."""
    return bool(set(words_of(key)) & {"score", "scores", "rating", "grade", "points", "stars", "level"})
