"""The words by which sentences assert, deny, concede, offer and leave open, as the patterns of ``prose.py``.

A pattern that is linear from a given place only, not in a search, is its bound method.
"""

import re

from verifiers.reader.vocabulary import AND, AND_UNSPACED, words

HEDGED = 16  # characters between a hedge and the name that it is about
NEAR = 40  # characters looked at before and behind a name
CLAUSE_END = re.compile(
    r"[.!?;:,()\n。！？；，：،؛—]|\s(?:but|so|because|since|although|though|while|whereas|aber|mais)\s"
)
SENTENCE_END = re.compile(r"(?<!e\.g)(?<!i\.e)[.!\n。！；;](?=\s|\Z)|[。！\n]|(?P<asks>[?？؟])")
DENIES = re.compile(
    r"(?:\b(?:not|no|nor|neither|never|without|rather than|instead of|other than|unlike|except|excluding|excludes?"
    r"|as opposed to|rules? out|ruled out|ruling out|reject(?:ed|s|ing)?|eliminate[ds]?|anything but|far from|nicht"
    r"|keine?n?|pas|non|no es|não|не|nie|niet|geen|inte|ikke|sin|ni|sans|ohne|weder|noch|senza|né|sem|nem|без|ни"
    r"|ليس|ليست|לא|אינו|אינה)|n't|不是|并非|不属于|ไม่ใช่)"
    r"(?:\s(?:an?|the|any|about|a case of|of|to|as|under|in|really|de|une?|eine?|zu|à))*+\s?[\"'“«„*`(\[]*+\Z"
)
NOTHING = re.compile(  # "nothing to do with x", "n'a rien d'x"
    r"\b(?:nothing|rien|nichts|nada|nulla|niente|ничего|niets|nic|ingenting|intet)\b"
    r"(?! (?:but|other|else|less|short|more)\b| d'autre| anderes| más| altro| mais)[^.,;:!?\n]{0,30}+\Z"
)
CONCEDES = re.compile(  # "even though the reporter calls it x"
    r"(?:\b(?:although|though|even if|despite|in spite of|notwithstanding|obwohl|obgleich|auch wenn|trotz"
    r"|bien que|quoique|même si|malgré|aunque|a pesar de|sebbene|benché|anche se|nonostante"
    r"|embora|ainda que|apesar d\w|хотя|несмотря на|hoewel|ondanks|chociaż|mimo)\b|\A\s?while\b|虽然|尽管|虽|即使)"
    r"[^.,;:!?()\n。，；：！？،]{0,120}+\Z"
)
NOT_ONLY = re.compile(r"\bnot (?:only|just|merely|simply)\b")
denied_behind = re.compile(
    r"[\"'”*`)\]]*+\s?(?:do(?:es)?(?: not|n't)(?: really)? (?:apply|fit|match)|(?:is|are|was|were)(?: not|n't)\b"
    r"|(?:is|are|was|were|can be|could be|has been|is to be) (?:ruled out|excluded|rejected|eliminated|dismissed"
    r"|incorrect|wrong|unlikely|irrelevant|out)|(?:would be|seems?|looks?) (?:wrong|incorrect|unlikely)"
    r"|trifft nicht zu|ne s'applique pas|毫?无关|無關|とは?無関係|ではない|ではありません|不适用)"
).match
DENIAL = re.compile(
    r"\b(?:not|no|nor|neither|never|without|cannot|unable|hardly|barely|scarcely|doubt|doubtful"
    r"|nicht|kein\w{0,2}|pas|não|не|нет|nie|niet|geen|inte|ikke|değil|नहीं|ليس|ليست|לא|אינו|אינה|n't)\b|n't\b"
    r"|\b(?:rather than|instead of|far from|anything but)\b|不是|并非|不属于|没有|ではな|じゃな|ไม่|아니"
)
OPEN = re.compile(
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
UNSURE = re.compile(  # of a whole sentence
    r"\b(?:(?<!even )if|please|provide|let me know|i(?:'d| would)? need|more (?:information|context|details?)"
    r"|unsure|unclear"
    r"|uncertain|not (?:entirely |completely |very |quite )?(?:sure|certain|clear)|hard to (?:say|tell))\b|:\s*+\Z"
)
either = re.compile(r"[\"'”*`)\]]*+\s?(?:or|oder|ou|/|means|refers to|is defined)\s|[\"'”*`)\]]*+\s?/").match
QUOTED = re.compile(r"\s[\"'“](?=\w)[^\"'”]{3,38}+\Z")  # words of another: "they write 'the answer is x'"
WORD = re.compile(r"[ _-](\w{3,40})")
SIGNS = str.maketrans("’−‐‑", "'---")
WHY = re.compile(r" (?:because|since|as|for|with|and|or|due|is|here)\b")
SCALE = re.compile(r"(?:out of|of the|of|/)\s*\Z")
MARKS = "([\"'“`*<>≤≥+−-"
CUE = re.compile(
    r"\b(?:is|be|are|as|say|rate|rated|give|given|choose|chose|chosen|pick|select|label|labels|labelled|labeled"
    r"|classif\w{1,9}|category|class|answer|option|score|rating|grade|assign|assigned|it|this|get|gets"
    r"|deserves?|ist|est|es|è|é|er|är|это"
    r"|think|level|with|mentions|needs)(?:\s(?:an?|the|it|this|text|one)){0,3}+\s?\Z"
)
COMMON = words("a i yes no none other others it is to in on as at be or an do y n ok t f unknown new how why when")
ANSWERS = re.compile(
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
FOREIGN_ANSWERS = re.compile(
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
CONCLUDES = re.compile(
    r"\b(?:therefore|thus|hence|consequently|daher|deshalb|somit|donc|por (?:lo )?tanto|así que|quindi|dunque"
    r"|portanto"
    r"|поэтому|następnie|zatem|dus|derfor|därför)\b|因此|所以|故|したがって|よって|따라서|لذلك|بنابراین"
)
OFFERS = re.compile(  # what a reply says to its reader, not of the text
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
DECIMALS = re.compile(
    r"[.,](?!0{1,2}\b)\d| ?[½¼¾]| ?1⁄\d|\d?⁄\d| and a (?:half|quarter)\b|-\d| ?[–—~] ?\d| (?:to|bis|à) \d|\+(?!\w)"
)
IN_DECIMALS = re.compile(r"\d(?:[.,]|-| ?[–~] ?| to | bis | à | and a )\Z")
joined_by = re.compile(
    rf"\s?[\"'”»*`)\]」』]*+\s?(?:,\s?)?(?:(?:{AND}) (?:also |the |an? )?|(?:{AND_UNSPACED}|、)\s?"
    rf"|(?<=,)\s?)(?:«\s?|[\"'“*`(\[「『])*+",
    re.IGNORECASE,
).fullmatch
AND_MORE = re.compile(rf"\s?(?:{AND_UNSPACED}|와|과|하고|이랑)\s?\w|\sو\w")  # by what is no name, or hidden in a word
NOUNS = r"(?:labels?|categor\w{1,4}|classes|intents?|topics?|tags?|answers?)"
NOUN = re.compile(rf"\b{NOUNS}\b")
ASSIGNS = re.compile(  # in what stands before names
    rf"\b{NOUNS}\b[^.;]{{0,40}} (?:are|is|would be|should be|zijn|sind|är|er)\b|\b(?:i|we)(?:'d|'ll"
    rf"|'ve)?(?: \w{{1,12}}){{0,3}}? (?:choose|chose"
    rf"|chosen|pick\w{{0,3}}|select\w{{0,3}}|appl\w{{1,3}}|assign\w{{0,3}}|label\w{{0,5}}|tag\w{{0,5}}"
    rf"|classif\w{{1,4}}|go with|give)\b"
    rf"|\b(?:belongs? (?:in|to)|falls? (?:under|into|in)|(?:classified|labell?ed|tagged|categori[sz]ed) (?:as"
    rf"|under|with))\b"
    r"|\b(?:gehör\w{1,3}|zuzuordnen|relève(?:nt)?|appartien\w{1,3}|perteneces?n?|corresponde|rientra|относится"
    r"|ingår|hoort)\b"
    r"|属于|屬於|จัดอยู่|ประเภท|หมวด|ป้ายกำกับ|تندرج|يندرج|تصنيف|برچسب|دسته|toifa|kategoriya"
)
assigned_behind = re.compile(
    r"[\"'”»*`]*+\s?(?:both |all )?(?:appl(?:y|ies)|fit|are (?:both )?(?:applicable|correct|assigned))\b"
).match
CHOICE = re.compile(r"可选|可選|候选|选项|以下|可用|选择|ตัวเลือก|متاح|موجود|\b(?:dispon|verfügbar|mögliche|доступн)")
LIMITS = re.compile(
    r"\b(?:only|but|however|except|instead|rather|mainly|mostly|nur|aber|seulement|mais|solo|pero|ma|но)\b|但|只|而是|ただし"
)
