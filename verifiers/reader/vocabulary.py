"""The words that the grammar knows: of keys, judgements and answers, in the languages that models mix in. Pure."""


def words(*lines: str) -> frozenset[str]:
    """The words of some lines."""
    return frozenset(word for line in lines for word in line.split())


FINAL = {"final", "conclusion", "conclusions", "verdict", "decision", "corrected", "revised", "overall", "resolved"}
"""Words of keys whose answer overrules others."""
DENIED = words(
    "not non no excluded exclude eliminated eliminate rejected reject discarded ruled dismissed alternative",
    "alternatives alternatively alt candidate candidates considered considering consider possible potential",
    "available allowed valid options runner unlikely wrong incorrect initial draft tentative preliminary",
    "previous prev old original former example examples format unselected negative inapplicable irrelevant",
    "absent missing other others unused all list schema enum required properties negatives remaining except",
    "instead choose given every known ranking rankings ranked",
)
"""Words of keys whose values are no answer."""
REASON = words(
    "reason reasons reasoning rationale explanation explanations explain why because thought thoughts",
    "thinking analysis justification evidence comment comments note notes step steps description summary",
    "summarization quote quotes text input message question details detail context scratchpad chain",
    "confidence certainty likelihood probability probabilities uncertainty score scores span spans",
    "keyword keywords key user customer review document query id index ids definition definitions",
    "meaning meta metadata observation reflection background assumption assumptions task",
    "instruction instructions excerpt hint error ok success timestamp approach remark remarks caveat",
    "motive reply critique 理由 原因 解释 説明 文本 置信度 begründung erklärung grund raison explication razón",
    "explicación motivo motivazione justificación объяснение причина обоснование السبب kommentar 이유 설명 เหตุผล",
)
"""Words of keys of what stands beside an answer."""
NOUNS = words(
    "label labels intent intents category categories class classes classification classifications tag tags",
    "topic topics sentiment rating grade choice choices selection subcategory annotation annotations emotion",
    "emotions categorization 标签 分类 类别 標籤 類別 ラベル カテゴリ カテゴリー 分類 레이블 라벨 카테고리 분류",
    "kategorie kategorien etikett klasse etiqueta etiquetas",
    "categoría categorías catégorie catégories étiquette étiquettes categoria",
    "categorie etichetta etichette rótulo метка метки категория категории класс التصنيف الفئة التسمية",
    "หมวดหมู่ ประเภท ป้ายกำกับ श्रेणी लेबल kategoria kategori etykieta",
)
"""Words for an answer of labels."""
RESULTS = words(
    "answer answers prediction predictions predicted output outputs result results response value values name",
    "names outcome selected included applied chosen assigned applicable applies ans 答案 回答 结果 結果 答え 정답",
    "답변 답 결과 antwort ergebnis lösung respuesta",
    "resultado réponse résultat risposta risultato resposta ответ результат",
    "الإجابة الجواب النتيجة คำตอบ उत्तर odpowiedź cevap antwoord",
)
"""General words for an answer."""
YES = words("true yes y applies apply applicable present t selected 是 sí si oui ja да はい sim tak")
"""Words that say that a label applies."""
NO = words("false no n none null absent nein non нет 否 いいえ não nie f n/a na 0") | {"", "not applicable"}
"""Words that say that it does not."""
DOUBT = words(
    "maybe possibly perhaps unclear unsure uncertain partially partial somewhat borderline potentially ? low medium",
    "high moderate weak strong unlikely likely probably probable possible debatable depends unknown arguable",
)
"""Words that leave it open."""
AND = r"and|&|und|et|y|e|i|и|en|och|og|ve|و|और|και|dan|và|oraz|și|as well as|sowie|ainsi que"
"""What joins two names, between spaces, for a regular expression."""
AND_UNSPACED = "以及|和|与|與|及|と|และ|กับ|및"
"""The same where no spaces part words."""
SURE = {"high", "strong", "certain", "sure", "full", "definite"}
"""How sure a label is, where that holds nothing against it."""
FILLERS = {"the", "my", "predicted", "assigned", "chosen", "selected", "applicable", "correct", "best", "is", "are"}
"""Words beside a word for an answer in a heading."""
