"""What is read as what: one table, which is documentation and the test of the reader at once.

Each row is a reply over a list, and the names that are read in it, in order; ``()`` where the reply says that no label
applies; a word where it is not read as an answer (``verdict.BadReply``). The lists stand at the top.
"""

from typing import NamedTuple

from verifiers.verdict import BadReply

SHOP = ("Refund", "Late delivery", "Billing", "Other")
PAIR = ("complaint", "refund")
YES_NO = ("yes", "no")
ZERO_ONE = ("0", "1")
FIVE = ("1", "2", "3", "4", "5")
TEN = tuple(map(str, range(1, 11)))
SIGNED = ("-1", "0", "1")
LETTERS = ("A", "B", "C", "D")
GRADES = ("A", "A-", "B+", "B")
MOOD = ("positive", "negative", "neutral")
HYPHENS = ("Follow-up", "Sign-in", "Refund")
DONT = ("Don't know", "Refund")
TECH = ("Tech (hardware)", "Tech (software)", "Tech")
PATHS = ("Billing: refund", "Billing: dispute", "Billing")
COMMAS = ("Billing, payments", "Billing", "Refund")
FALLBACK = ("billing", "None", "Other")
SAFETY = ("harassment", "spam", "complaint")
CHINESE = ("退款", "换货", "投诉")
JAPANESE = ("返金", "苦情")
THAI = ("คืนเงิน", "ร้องเรียน")
ARABIC = ("استرداد", "شكوى")
GATEWAY = ("timeout", "auth_failure", "other")
DESK = ("greeting", "order", "help", "label")
FIELDS = ("Label", "Title", "Author")
HEBREW = ("החזר", "תלונה")


class Example(NamedTuple):
    """A row of the table."""

    id: str
    labels: tuple[str, ...]
    reply: str
    read: tuple[str, ...] | BadReply


R: tuple[str, ...] = ("Refund",)

TOKENS = (
    Example("end of sequence", SHOP, "Refund</s>", R),
    Example("end of text", SHOP, "Refund<|endoftext|>", R),
    Example("end of a ChatML turn", SHOP, "Refund<|im_end|>", R),
    Example("end of a Llama turn", SHOP, "Refund<|eot_id|>", R),
    Example("end of a Gemma turn", SHOP, "Refund<end_of_turn>\n", R),
    Example("end of a DeepSeek turn", SHOP, "Refund<｜end▁of▁sentence｜>", R),
    Example("a whole ChatML turn", SHOP, "<|im_start|>assistant\nRefund<|im_end|>", R),
    Example("a Llama header", SHOP, "<|start_header_id|>assistant<|end_header_id|>\n\nRefund<|eot_id|>", R),
    Example("a Mistral turn", SHOP, "[INST] Billing? [/INST] Refund</s>", R),
    Example("a Gemma header", SHOP, "<start_of_turn>model\nRefund<end_of_turn>", R),
    Example("a Phi turn", SHOP, "<|assistant|>\nRefund<|end|>", R),
    Example("a Command response", SHOP, "<|START_RESPONSE|>Refund<|END_RESPONSE|>", R),
    Example("a GLM box", SHOP, "<|begin_of_box|>Refund<|end_of_box|>", R),
    Example("a role alone", SHOP, "assistant\n\nRefund", R),
    Example("a role with a colon", SHOP, "Assistant: Refund", R),
    Example("padding", SHOP, "<pad><pad>Refund<pad>", R),
    Example("a byte as a token", SHOP, "Refund<0x0A>", R),
    Example("the user's next turn", SHOP, "Refund<|im_end|>\n<|im_start|>user\nMy bill is wrong", R),
    Example("the next turn and its answer", SHOP, "Refund<|user|>\nMy bill<|assistant|>Billing", R),
    Example("tokens around JSON", SHOP, '<|im_start|>assistant\n{"label": "Refund"}<|im_end|>', R),
    Example("a label that looks like a token", ("<s>", "<pad>"), "<pad>", ("<pad>",)),
)
THOUGHTS = (
    Example("think", SHOP, "<think>Is it Billing?</think>\nRefund", R),
    Example("think without its opening", SHOP, "Could be Billing.\n</think>\n\nRefund", R),
    Example("think without its end", SHOP, "<think>Refund, I suppose. Or", "empty"),
    Example("nothing but a thought", SHOP, "<think>Refund</think>", "empty"),
    Example("an empty thought", SHOP, "<think>\n\n</think>\n\nRefund", R),
    Example("a thought within a thought", SHOP, "<think>a <think>Billing</think> b</think>Refund", R),
    Example("thinking", SHOP, "<thinking>Billing</thinking>Refund", R),
    Example("thought", SHOP, "<thought>\nBilling\n</thought>\nRefund", R),
    Example("reasoning", SHOP, "<Reasoning>Billing</Reasoning>\nRefund", R),
    Example("scratchpad", SHOP, "<scratchpad>- Billing: maybe</scratchpad>\nRefund", R),
    Example("Magistral", SHOP, "[THINK]- Billing[/THINK]Refund", R),
    Example("Kimi", SHOP, "◁think▷Billing◁/think▷Refund", R),
    Example("Seed", SHOP, "<seed:think>Billing</seed:think>Refund", R),
    Example("MiniMax", SHOP, "<mm:think>Billing</mm:think>Refund", R),
    Example("Command", SHOP, "<|START_THINKING|>Billing<|END_THINKING|><|START_RESPONSE|>Refund<|END_RESPONSE|>", R),
    Example("Open Thoughts", SHOP, "<|begin_of_thought|>Billing<|end_of_thought|><|begin_of_solution|>Refund", R),
    Example("MedGemma", SHOP, "<unused94>thought\nBilling<unused95>Refund", R),
    Example("Gemma's channel", SHOP, "<|channel>thought\nBilling<channel|>Refund<turn|>", R),
    Example("Granite", SHOP, "Here is my thought process: Billing? Here is my response: Refund", R),
    Example(
        "harmony",
        SHOP,
        "<|channel|>analysis<|message|>Billing?<|end|><|start|>assistant<|channel|>final<|message|>Refund<|return|>",
        R,
    ),
    Example("harmony without a final channel", SHOP, "<|channel|>analysis<|message|>It is a Refund, so", "empty"),
    Example("harmony with JSON", SHOP, '<|channel|>final <|constrain|>json<|message|>{"label": "Refund"}', R),
    Example("harmony without its tokens", SHOP, "analysisMaybe Billing.assistantfinalRefund", R),
    Example("harmony, a thought without tokens", SHOP, "analysisThis is about Billing, so we", "empty"),
    Example("a reason in a tag", SHOP, "<reason>Billing is named</reason><label>Refund</label>", R),
)
MARKUP = (
    Example("an answer tag", SHOP, "<answer>Refund</answer>", R),
    Example("a label tag in text", SHOP, "Not about Billing.\n<label>Refund</label> That is all.", R),
    Example("an answer tag without its end", SHOP, "It mentions Billing. <answer>Refund", R),
    Example(
        "tags in a tag", SHOP, "<labels><label>Refund</label><label>Billing</label></labels>", ("Refund", "Billing")
    ),
    Example(
        "a reason and a label in XML", SHOP, "<r><explanation>Billing</explanation><category>Refund</category></r>", R
    ),
    Example("XML that says which apply", SHOP, "<Refund>true</Refund><Billing>false</Billing>", R),
    Example("bold in HTML", SHOP, "<p><b>Refund</b></p>", R),
    Example("a list in HTML", SHOP, "<ul><li>Refund</li><li>Billing</li></ul>", ("Refund", "Billing")),
    Example("boxed", SHOP, "\\boxed{Refund}", R),
    Example("boxed in a sentence", SHOP, "Not Billing, so the answer is $\\boxed{\\text{Refund}}$.", R),
    Example("dollars", SHOP, "$Refund$", R),
    Example("text in dollars", SHOP, "Answer: $\\text{Late delivery}$", ("Late delivery",)),
    Example("escaped underscores", ("damaged_item", "other"), "damaged\\_item", ("damaged_item",)),
    Example("a fence", SHOP, "```\nRefund\n```", R),
    Example("a fence in text", SHOP, "Here it is:\n```text\nRefund\n```\nIt is not Billing.", R),
    Example("a quote in a fence, then the answer", SHOP, "```\nmy card was charged\n```\nLabel: Refund", R),
    Example("bold and italic", SHOP, "***Refund***", R),
    Example("a heading", SHOP, "# Refund", R),
    Example("a quote mark", SHOP, "> Refund", R),
    Example("our own form", SHOP, "= Refund", R),
)
SPELLING = (
    Example("no-break hyphen", HYPHENS, "Follow\u2011up", ("Follow-up",)),
    Example("typographic hyphen in a sentence", HYPHENS, "The label is Sign\u2010in.", ("Sign-in",)),
    Example("en dash", HYPHENS, "Follow–up", ("Follow-up",)),
    Example("soft hyphen", HYPHENS, "Re\u00adfund", ("Refund",)),
    Example("typographic apostrophe", DONT, "Don’t know", ("Don't know",)),
    Example("grave accent", DONT, "Don`t know", ("Don't know",)),
    Example("zero width", SHOP, "Refund\u200b", R),
    Example("byte order mark", SHOP, "\ufeffRefund", R),
    Example("no-break space", SHOP, "Late\u00a0delivery", ("Late delivery",)),
    Example("full width", SHOP, "Ｒｅｆｕｎｄ", R),
    Example("right-to-left marks", SHOP, "\u200fRefund\u200e", R),
    Example("joined words", HYPHENS, "FollowUp", ("Follow-up",)),
    Example("an underscore", SHOP, "late_delivery", ("Late delivery",)),
)
NEAR_JSON = (
    Example("raw line break", SHOP, '{"reason": "one\nBilling", "label": "Refund"}', R),
    Example("trailing comma", SHOP, '{"reason": "not Billing", "label": "Refund",}', R),
    Example("inner quotes", SHOP, '{"reason": "says "Billing" twice", "label": "Refund"}', R),
    Example("single quotes", SHOP, "{'reason': 'Billing', 'label': 'Refund'}", R),
    Example("no quotes", SHOP, "{label: Refund, reason: Billing was named}", R),
    Example("typographic quotes", SHOP, "{“label”: “Refund”, “reason”: “Billing”}", R),
    Example("a comment", SHOP, '{"label": "Refund" // not Billing\n}', R),
    Example("a missing comma", SHOP, '{"reason": "Billing"\n"label": "Refund"}', R),
    Example("Python", SHOP, "{'label': 'Refund', 'other': None, 'sure': True}", R),
    Example("a missing brace", SHOP, '{"reason": "Billing", "label": "Refund"', R),
    Example("cut in the reason", SHOP, '{"label": "Refund", "reason": "They name Bill', R),
    Example("cut in the answer", SHOP, '{"reason": "They name Billing", "label": "Ref', "truncated"),
    Example("cut before the answer", SHOP, '{"reason": "They name Billing and', "truncated"),
    Example("a list cut in a name", SHOP, '["Refund", "Late', "truncated"),
    Example("a list cut after a name", SHOP, '["Refund", "Billing"', "truncated"),
    Example("an answer's list that is cut", SHOP, '{"labels": ["Refund", "Bil', "truncated"),
    Example("objects that are cut after one", SHOP, '{"labels": [{"label": "Refund"}', "truncated"),
    Example("a map that is cut", PAIR, '{"complaint": false, "refu', "truncated"),
    Example("a fence that is cut", SHOP, '```json\n{"label": "Refund"}', R),
    Example("double encoded", SHOP, '"{\\"label\\": \\"Refund\\"}"', R),
    Example("text before and behind", SHOP, 'Not Billing: {"label": "Refund"}. Hope this helps.', R),
    Example("a key twice", SHOP, '{"label": "Refund", "label": "Billing"}', ("Refund", "Billing")),
    Example("two answers", SHOP, '{"label": "Refund"}\n\nAlternatively:\n{"label": "Billing"}', "ambiguous"),
    Example("a draft and the final one", SHOP, 'Draft: {"label": "Billing"}\nFinal: {"label": "Refund"}', R),
    Example("the format, then the answer", SHOP, 'In the format {"label": "Billing"}:\n{"label": "Refund"}', R),
    Example("a value a line", SHOP, '{"label": "Refund"}\n{"label": "Billing"}', ("Refund", "Billing")),
)
JSON_SHAPES = (
    Example("final label", SHOP, '{"label": "Billing", "final_label": "Refund"}', R),
    Example("camel case", SHOP, '{"thoughtProcess": "Billing", "finalAnswer": "Refund"}', R),
    Example("steps", PAIR, '{"steps": [{"output": "complaint"}], "final_answer": "refund"}', ("refund",)),
    Example("excluded first", PAIR, '{"excluded": ["complaint"], "included": ["refund"]}', ("refund",)),
    Example("considered", PAIR, '{"considered": ["complaint", "refund"], "chosen": "refund"}', ("refund",)),
    Example("alternatives", PAIR, '{"label": "refund", "alternatives": ["complaint"]}', ("refund",)),
    Example("the list itself", PAIR, '{"possible_labels": ["complaint", "refund"], "label": "refund"}', ("refund",)),
    Example("a status beside it", PAIR, '{"output": {"label": "refund"}, "result": "ok"}', ("refund",)),
    Example("a tool call", PAIR, '{"name": "label", "arguments": {"label": "refund"}}', ("refund",)),
    Example(
        "a tool call in quotes",
        PAIR,
        '{"tool_calls": [{"function": {"name": "complaint", "arguments": "{\\"label\\": \\"refund\\"}"}}]}',
        ("refund",),
    ),
    Example(
        "a tool call in a tag",
        PAIR,
        '<tool_call>{"name": "f", "arguments": {"labels": ["refund"]}}</tool_call>',
        ("refund",),
    ),
    Example(
        "a tool call in tags",
        PAIR,
        "<function=label>\n<parameter=label>\nrefund\n</parameter>\n</function>",
        ("refund",),
    ),
    Example(
        "a tool call of GLM",
        PAIR,
        "<tool_call>f\n<arg_key>label</arg_key>\n<arg_value>refund</arg_value>\n</tool_call>",
        ("refund",),
    ),
    Example(
        "scores in a list",
        PAIR,
        '[{"label": "complaint", "score": 0.02}, {"label": "refund", "score": 0.97}]',
        ("refund",),
    ),
    Example("pairs", PAIR, '[["complaint", 0.1], ["refund", 0.9]]', ("refund",)),
    Example("scores in objects", PAIR, '{"complaint": {"score": 0.02}, "refund": {"score": 0.97}}', ("refund",)),
    Example("shares", PAIR, '{"complaint": "5%", "refund": "95%"}', ("refund",)),
    Example("shares of a hundred", PAIR, '{"complaint": 5, "refund": 95}', ("refund",)),
    Example("scores of an unknown scale", PAIR, '{"complaint": 3, "refund": 9}', "ambiguous"),
    Example("small scores", PAIR, '{"complaint": 0.3, "refund": 0.4}', "ambiguous"),
    Example(
        "applies", PAIR, '[{"label": "complaint", "applies": "no"}, {"label": "refund", "applies": "yes"}]', ("refund",)
    ),
    Example("maybe applies", PAIR, '{"complaint": "maybe", "refund": "yes"}', "ambiguous"),
    Example("it does not apply", PAIR, '{"label": "complaint", "applies": false}', ()),
    Example("evidence that is null", PAIR, '{"complaint": null, "refund": "give it back"}', ("refund",)),
    Example("evidence that is empty", PAIR, '{"complaint": [], "refund": ["give it back"]}', ("refund",)),
    Example("an empty text", PAIR, '{"complaint": "", "refund": "give it back"}', ("refund",)),
    Example("is_", PAIR, '{"is_complaint": false, "is_refund": true}', ("refund",)),
    Example("a map and a reason", PAIR, '{"complaint": false, "refund": true, "reason": "no complaint"}', ("refund",)),
    Example("a sentence as the answer", PAIR, '{"answer": "The label is refund."}', ("refund",)),
    Example("two kinds of answers", PAIR, '{"intent": "refund", "topic": "complaint"}', "ambiguous"),
    Example("parts of an answer", PAIR, '{"label_1": "refund", "label_2": "complaint"}', ("refund", "complaint")),
    Example(
        "a schema", PAIR, '{"type": "object", "properties": {"label": {"enum": ["complaint", "refund"]}}}', "ambiguous"
    ),
    Example("only a reason", PAIR, '{"reason": "It is a complaint"}', "unreadable"),
    Example("false", YES_NO, '{"answer": false}', ("no",)),
    Example("true", YES_NO, "true", ("yes",)),
    Example("false as nought", ZERO_ONE, '{"label": false}', ("0",)),
    Example("a truth value for names", PAIR, '{"label": true}', "ambiguous"),
    Example("a figure", FIVE, '{"rating": 4, "confidence": 5}', ("4",)),
    Example("a figure with a nought", FIVE, '{"rating": 4.0}', ("4",)),
    Example("a score that is the label", FIVE, '{"score": 3, "reason": "2 of 5"}', ("3",)),
    Example("null", PAIR, '{"label": null}', ()),
    Example("an empty list", PAIR, '{"reason": "no complaint", "labels": []}', ()),
    Example("one truth value", YES_NO, '{"spam": false, "reason": "yes, but"}', ("no",)),
    Example("scores behind a key", PAIR, '{"scores": {"complaint": 0.2, "refund": 0.8}}', ("refund",)),
    Example(
        "evidence in objects", PAIR, '{"complaint": {"evidence": []}, "refund": {"evidence": ["back"]}}', ("refund",)
    ),
    Example(
        "a record without evidence",
        PAIR,
        '[{"label": "complaint", "evidence": null}, {"label": "refund", "evidence": "x"}]',
        ("refund",),
    ),
    Example("rejected", PAIR, '[{"label": "complaint", "rejected": true}, {"label": "refund"}]', ("refund",)),
    Example(
        "first and second", PAIR, '{"labels": {"primary": "refund", "secondary": "complaint"}}', ("refund", "complaint")
    ),
    Example("predicted and true", PAIR, '{"predicted_label": "refund", "true_label": "complaint"}', "ambiguous"),
    Example("a call in words", PAIR, 'label("refund")', ("refund",)),
    Example("a refusal in JSON", PAIR, '{"label": null, "refusal": "I cannot judge a complaint"}', "refused"),
    Example("two fences", PAIR, '```json\n{"label": "refund"}\n```\n```json\n{"label": "complaint"}\n```', "ambiguous"),
    Example("JSON against a line", PAIR, 'complaint\n{"label": "refund"}', "ambiguous"),
    Example("deep", PAIR, '{"data": {"results": [{"classification": {"label": "refund"}}]}}', ("refund",)),
)
MARKED = (
    Example("the last of two", SHOP, "Answer: this asks for money\nANSWER: Refund", R),
    Example("final after first", SHOP, "Initial answer: Billing\nFinal answer: Refund", R),
    Example("bold", SHOP, "**Label:** Refund", R),
    Example("bold, the mark outside", SHOP, "**Label**: Refund\n**Reason**: They name Billing", R),
    Example("a heading above", SHOP, "## Final answer\n\nRefund", R),
    Example("a reason behind", SHOP, "Label: Refund\nReason: Billing is named", R),
    Example("a reason before", SHOP, "Reasoning:\n- Billing is named\n- Other is not\n\nRefund", R),
    Example("a reason in the line", SHOP, "Label: Refund because Billing is wrong", R),
    Example(
        "each with its reason", SHOP, "Label: Refund\nReason: a\n\nLabel: Billing\nReason: b", ("Refund", "Billing")
    ),
    Example("eliminated", LETTERS, "Conclusion: (B). Eliminated: (A), (C), (D).", ("B",)),
    Example("eliminated first", LETTERS, "Eliminated: A, C\nAnswer: B", ("B",)),
    Example("not applicable", SHOP, "Applies: Refund\nDoes not apply: Billing, Other", R),
    Example("the list repeated", SHOP, "Available labels: Refund, Late delivery, Billing, Other\nLabel: Refund", R),
    Example("the prompt repeated", SHOP, "Text:\nMy card was charged twice.\nLabels: Billing", ("Billing",)),
    Example("another word", SHOP, "Ticket type: Refund", R),
    Example("two other words", SHOP, "Ticket type: Refund\nUrgency: Billing", "ambiguous"),
    Example("none, with why", SHOP, "Labels: none\nExplanation: they do not ask for a Refund", ()),
    Example("a score", TEN, "Score: 3\nExplanation: 2 of the 10 points are fine.", ("3",)),
    Example("a score of five", FIVE, "Rating: 4/5", ("4",)),
    Example("stars", FIVE, "4 stars", ("4",)),
    Example("gsm8k", FIVE, "1 + 2 makes 3.\n#### 3", ("3",)),
    Example("YAML", SHOP, "labels:\n  - Refund\n  - Billing\nreason: Other was not meant", ("Refund", "Billing")),
    Example("YAML with scores", PAIR, "- label: complaint\n  score: 0.1\n- label: refund\n  score: 0.9", ("refund",)),
    Example("German", SHOP, "Kategorie: Refund\nBegründung: nicht Billing", R),
    Example("arrow", SHOP, "Label -> Refund", R),
)
LINES = (
    Example("bullets", SHOP, "- Refund\n- Billing", ("Refund", "Billing")),
    Example("explained", TECH, "Tech (hardware): the printer", ("Tech (hardware)",)),
    Example("explained in brackets", TECH, "Tech (software) (it crashed)", ("Tech (software)",)),
    Example("the short name explained", TECH, "Tech: the printer", ("Tech",)),
    Example("yes and no", TECH, "Tech (hardware): yes\nTech (software): no", ("Tech (hardware)",)),
    Example("no space", PATHS, "Billing:refund", ("Billing: refund",)),
    Example("a dash", PATHS, "Billing - dispute", ("Billing: dispute",)),
    Example("a name with a comma", COMMAS, "Billing, payments, Refund", ("Billing, payments", "Refund")),
    Example("a tick behind", PAIR, "complaint ❌\nrefund ✅", ("refund",)),
    Example("a tick before", PAIR, "❌ complaint\n✅ refund", ("refund",)),
    Example("crosses in bullets", PAIR, "- complaint: ✗\n- refund: ✓", ("refund",)),
    Example("boxes", PAIR, "- [ ] complaint\n- [x] refund", ("refund",)),
    Example("drawn boxes", PAIR, "☐ complaint\n☑ refund", ("refund",)),
    Example("shares", PAIR, "complaint: 5%\nrefund: 95%", ("refund",)),
    Example("shares in brackets", PAIR, "complaint (0.1)\nrefund (0.9)", ("refund",)),
    Example(
        "a table",
        PAIR,
        "| Label | Applies | Why |\n|---|---|---|\n| complaint | no | a |\n| refund | yes | b |",
        ("refund",),
    ),
    Example(
        "a table of scores", PAIR, "| Label | Score |\n|:--|--:|\n| complaint | 0.1 |\n| refund | 0.9 |", ("refund",)
    ),
    Example("maybe", PAIR, "- complaint: maybe\n- refund: yes", "ambiguous"),
    Example("one or the other", PAIR, "refund or complaint", "ambiguous"),
    Example("with a slash", PAIR, "refund/complaint", "ambiguous"),
    Example("taken back", PAIR, "complaint\n\nWait, they want their money.\n\nrefund", "ambiguous"),
    Example("with a doubt behind", PAIR, "refund\n\nIt could also be a complaint.", "ambiguous"),
    Example("with a reason behind", PAIR, "refund\n\nThey also make a complaint about the delay.", ("refund",)),
    Example("introduced", SHOP, "Sure! Here are the labels:\n- Refund\n- Billing", ("Refund", "Billing")),
    Example("a figure in a bullet", FIVE, "- 4", ("4",)),
    Example("a figure behind a number", FIVE, "1. 4", ("4",)),
    Example("a figure with a full stop", FIVE, "3.", ("3",)),
    Example("a figure, explained", FIVE, "3 - 2 of the 5 points are fine", ("3",)),
    Example("a signed figure in a bullet", SIGNED, "- -1", ("-1",)),
    Example("a grade", GRADES, "A- because of 2 slips", ("A-",)),
    Example("a figure with its meaning", FIVE, "- 3: neutral", ("3",)),
    Example("a legend behind", FIVE, "3\n\n1 = bad, 5 = good", ("3",)),
    Example("a figure and perhaps another", FIVE, "3, maybe 4", "ambiguous"),
    Example("a keycap", FIVE, "3\ufe0f\u20e3", ("3",)),
    Example("questions and answers", SHOP, "Refund? Yes\nBilling? No", R),
    Example("a question alone", SHOP, "Refund?", "ambiguous"),
    Example("struck through", PAIR, "~~complaint~~ refund", ("refund",)),
    Example("corrected in the line", PAIR, "complaint, no wait, refund", "ambiguous"),
    Example("ranked", PAIR, "1. refund (most likely)\n2. complaint (less likely)", "ambiguous"),
    Example("undecided", SHOP, "Not sure", "ambiguous"),
    Example("thought aloud, then a line", SHOP, "Hmm, maybe Billing? They want their money.\n\nRefund", R),
    Example("none", SHOP, "None of the labels apply.", ()),
    Example("none as a label", FALLBACK, "None", ("None",)),
    Example("none and a label", SHOP, "none\nRefund", "ambiguous"),
    Example("no label, but one", SHOP, "None of these, except maybe Billing", "ambiguous"),
)
RUN_ONS = (
    Example("our example in words", SHOP, "Refund\n\nText:\nMy card was charged twice.\nLabels: Billing", R),
    Example("our example that has none", SHOP, "Refund\n\nText:\nhello\nLabels: none", R),
    Example("our turns", SHOP, "Refund\n\n> My card was charged twice.\n= Billing", R),
    Example("a user's turn", SHOP, "Refund\n\nUser: My card was charged twice.\nAssistant: Billing", R),
    Example("question and answer", SHOP, "Refund\nQ: My card?\nA: Billing", R),
    Example("a numbered example", SHOP, "Refund\n\nExample 2:\nText: my card\nLabel: Billing", R),
    Example("a heading", SHOP, "Refund\n\n### Input:\nmy card\n### Response:\nBilling", R),
    Example("after none", SHOP, "none\n\nText: my card\nLabels: Billing", ()),
    Example(
        "two examples after a repeated text", SHOP, "Text: a\nLabel: Refund\n\nText: b\nLabel: Billing", "ambiguous"
    ),
    Example("our turns, repeated", SHOP, "> a\n= Refund\n\n> b\n= Billing", "ambiguous"),
    Example("after JSON", SHOP, '{"labels": ["Refund"]}\n\nText: my card\n{"labels": ["Billing"]}', R),
)
SENTENCES = (
    Example("one name", SHOP, "The customer wants a Refund for this.", R),
    Example("two names", SHOP, "The customer wants a Refund after a Late delivery.", "ambiguous"),
    Example("one, and another denied", SHOP, "This is a Refund, not Billing.", R),
    Example("denied only", SHOP, "This is not a Refund.", "ambiguous"),
    Example("denied from afar", SHOP, "I do not think that this is a Refund.", "ambiguous"),
    Example("rather than", SHOP, "It is Billing rather than a Refund.", ("Billing",)),
    Example("ruled out", SHOP, "Billing can be ruled out. It is a Refund.", R),
    Example("neither nor", SHOP, "It is neither Billing nor a Refund.", "ambiguous"),
    Example("left open", SHOP, "It could be a Refund.", "ambiguous"),
    Example("either or", SHOP, "It is either Billing or a Refund.", "ambiguous"),
    Example("a question", SHOP, "Is it a Refund?", "unreadable"),
    Example("the answer is", SHOP, "They name Billing, but the correct label is Refund.", R),
    Example("a sentence with a figure", TEN, "I rate this an 8 out of 10.", ("8",)),
    Example("a figure that is no answer", FIVE, "The text makes 2 points about prices.", "ambiguous"),
    Example("a signed figure", SIGNED, "The sentiment is -1.", ("-1",)),
    Example("an article", LETTERS, "A customer writes about money.", "ambiguous"),
    Example("a letter", LETTERS, "The correct option is B.", ("B",)),
    Example("a letter in brackets", LETTERS, "I choose (C) here.", ("C",)),
    Example("yes", YES_NO, "Yes. There is no doubt.", ("yes",)),
    Example("yes it is", YES_NO, "Yes, it is.", ("yes",)),
    Example("no it is not", YES_NO, "No, it isn't.", ("no",)),
    Example("no doubt", YES_NO, "There is no doubt about it.", "ambiguous"),
    Example("a word, not a label", FALLBACK, "The other customer is angry.", "ambiguous"),
    Example("opening, then why", MOOD, "Negative. The positive words are ironic.", ("negative",)),
    Example("opening, then another", MOOD, "Negative, but it could also be neutral.", "ambiguous"),
    Example("doubted", SHOP, "I doubt that it is a Refund.", "ambiguous"),
    Example("not sure", SHOP, "I think it is a Refund, but I am not sure.", "ambiguous"),
    Example("if", SHOP, "If it came late, it is a Refund.", "ambiguous"),
    Example("asked for more", SHOP, "Please send more details about the Refund.", "ambiguous"),
    Example("an example only", SHOP, "For example: Refund", "ambiguous"),
    Example("a longer name in the plural", ("Refund", "Refund request"), "refund requests", "ambiguous"),
    Example("French, denied", SHOP, "Ce n'est pas un Refund.", "ambiguous"),
    Example("Russian, denied", SHOP, "Это не Refund.", "ambiguous"),
    Example("Chinese, denied", CHINESE, "这不是退款", "ambiguous"),
    Example("Chinese, left open", CHINESE, "可能是退款", "ambiguous"),
    Example("Chinese, none", CHINESE, "没有合适的标签", ()),
    Example("Chinese", CHINESE, "这条消息属于退款。", ("退款",)),
    Example("Chinese, marked", CHINESE, "最终答案：退款\n理由：不是投诉", ("退款",)),
    Example("Chinese quotes", CHINESE, "「换货」", ("换货",)),
    Example("Chinese, a full stop", CHINESE, "投诉。", ("投诉",)),
    Example("Japanese", JAPANESE, "これは返金です。", ("返金",)),
    Example("Japanese, denied", JAPANESE, "これは苦情ではありません。", "ambiguous"),
    Example("Thai", THAI, "ข้อความนี้เกี่ยวกับคืนเงิน", ("คืนเงิน",)),
    Example("Arabic", ARABIC, "التصنيف: استرداد", ("استرداد",)),
    Example("Arabic, with its comma", ARABIC, "استرداد، شكوى", ("استرداد", "شكوى")),
    Example("Hebrew, with marks", HEBREW, "\u200f**החזר**\u200f", ("החזר",)),
)
REFUSALS = (
    Example("a refusal", SHOP, "I'm sorry, but I can't help with that.", "refused"),
    Example("with a typographic apostrophe", SHOP, "I’m sorry, but I can’t help with that.", "refused"),
    Example("that names a label", SAFETY, "I'm sorry, but I can't help with labelling this complaint.", "refused"),
    Example("that names the reason", SAFETY, "I cannot assist, as this text contains harassment.", "refused"),
    Example("of a language model", SAFETY, "As an AI language model, I will not repeat spam.", "refused"),
    Example("Hebrew, naming a label", ("spam", "complaint"), "מצטער, אני לא יכול לטפל ב-spam.", "refused"),
    Example("Turkish, naming a label", SAFETY, "Üzgünüm, bu spam mesajını etiketleyemem.", "refused"),
    Example("a courtesy that is a label", ("yes", "no"), "No, I can't see a text here. Please send it.", "refused"),
    Example("an offer that opens with a label", ("ok", "bad"), "OK, I'll need the message first.", "ambiguous"),
    Example("a label that opens an answer", ("yes", "no"), "Yes, the writer asks for a refund.", ("yes",)),
    Example("a label that is cut off", SHOP, "- Refund\n- Late deliv", "truncated"),
    Example("the list and a wish", PAIR, "complaint, refund\n\nPlease choose the ones that fit.", "ambiguous"),
    Example("none of the labels fit", SHOP, "None of these labels apply to this message.", ()),
    Example("Spanish", SAFETY, "Lo siento, no puedo ayudar con este spam.", "refused"),
    Example("Chinese", CHINESE, "抱歉，我无法处理这条投诉。", "refused"),
    Example("an answer all the same", SAFETY, "I'm sorry to read this.\n\nLabel: harassment", ("harassment",)),
    Example("nothing", SHOP, " \n", "empty"),
    Example("prose", SHOP, "The customer writes about something that happened.", "unreadable"),
    Example("signs", SHOP, "???", "unreadable"),
)
RECORDS = (
    Example(
        "YAML with reasons of more lines",
        SHOP,
        "labels:\n  - label: Refund\n    applies: true\n    why: >\n      They want money\n      and name Billing\n"
        "  - label: Billing\n    applies: false\n  - label: Late delivery\n    applies: true\n    why: late",
        ("Refund", "Late delivery"),
    ),
    Example(
        "YAML with labels as keys",
        SHOP,
        "Refund:\n  applies: yes\n  reason: money\nBilling:\n  applies: no\n  reason: not named",
        R,
    ),
    Example(
        "YAML with a doubt",
        SHOP,
        "- name: Refund\n  applies: maybe\n  why: a\n- name: Billing\n  applies: yes",
        "ambiguous",
    ),
    Example(
        "bullets with reasons below", SHOP, "- **Refund**: yes\n  - Reason: a\n- **Billing**: no\n  - Reason: b", R
    ),
    Example(
        "XML with attributes",
        SHOP,
        '<r><category id="1">Refund</category><category id="2">Late delivery</category>'
        '<why lang="en">not Billing</why></r>',
        ("Refund", "Late delivery"),
    ),
    Example("XML that judges", SHOP, '<label name="Refund" applies="yes"/><label name="Billing" applies="no"/>', R),
    Example(
        "XML that is not sure",
        SHOP,
        '<label confidence="low">Refund</label><label confidence="high">Billing</label>',
        "ambiguous",
    ),
    Example(
        "a schema, then the answer",
        PAIR,
        'Schema: {"type": "object", "properties": {"label": {"enum": ["complaint", "refund"]}}}'
        '\nAnswer: {"label": "refund"}',
        ("refund",),
    ),
    Example(
        "the answer, then its schema",
        PAIR,
        '{"label": "refund"}\n\nIt conforms to {"type": "object", "properties": {"label": {"enum": ["complaint"]}}}',
        ("refund",),
    ),
    Example(
        "a tool's schema alone",
        PAIR,
        '[{"function": {"parameters": {"type": "object", "properties": {"label": {"enum": ["refund"]}}}}}]',
        "ambiguous",
    ),
)
CORRECTED = (
    Example(
        "JSON, taken back for other JSON",
        SHOP,
        '{"label": "Billing"}\n\nIgnore that, I made a mistake:\n{"label": "Refund"}',
        R,
    ),
    Example("JSON, taken back in words", SHOP, '{"label": "Billing"}\n\nScratch that. The correct label is Refund.', R),
    Example(
        "JSON and another possible one",
        SHOP,
        '{"label": "Billing"}\n\nAnother possible answer:\n{"label": "Refund"}',
        "ambiguous",
    ),
    Example(
        "JSON, contradicted", SHOP, '{"label": "Billing"}\nNo invoice is named, hence this is a Refund.', "ambiguous"
    ),
    Example(
        "JSON, contradicted in Spanish",
        YES_NO,
        '{"respuesta": "yes"}\n\nPor lo tanto, la respuesta es no.',
        "ambiguous",
    ),
    Example(
        "JSON, confirmed", YES_NO, '{"answer": "yes"}\n\nA date is given, so the answer is yes. No doubt.', ("yes",)
    ),
    Example(
        "JSON, contradicted by its reason",
        SHOP,
        '{"label": "Billing", "reason": "Hence the label is Refund."}',
        "ambiguous",
    ),
    Example("an unclosed thought, concluded", SHOP, "<think>\nBilling? No.\nThe label should be Refund.\n\nRefund", R),
    Example(
        "an unclosed thought, concluded in JSON", SHOP, '<think>So the answer is Refund.\n\n{"label": "Refund"}', R
    ),
    Example("an unclosed thought, not concluded", SHOP, "<think>\nThe answer is Billing or\n\nRefund", "empty"),
    Example("an unclosed thought, left open", SHOP, "<think>\nThe answer might be Refund.\n\nRefund", "empty"),
)
NO_ANSWERS = (
    Example(
        "a gateway's page", GATEWAY, "<!DOCTYPE html><title>403 Forbidden</title><p>auth_failure</p>", "unreadable"
    ),
    Example("a gateway's line", GATEWAY, "upstream connect error. reset reason: timeout", "unreadable"),
    Example("a client's error in JSON", GATEWAY, '{"message": "timeout", "code": 408}', "unreadable"),
    Example("an answer in HTML", GATEWAY, "<html><body><b>timeout</b></body></html>", ("timeout",)),
    Example(
        "an error in the text", GATEWAY, "The log has a 504 Gateway Time-out, so the label is timeout.", ("timeout",)
    ),
    Example("an offer", DESK, "I can certainly help you with your order. What is its number?", "ambiguous"),
    Example("an offer to be sent a text", DESK, "I'm ready to label! Share the message.", "ambiguous"),
    Example("an offer before the answer", DESK, "Sure, I can help! The label is order.", ("order",)),
    Example("a label that is no offer", DESK, "The user asks for help with a login.", ("help",)),
    Example("half a point", FIVE, "A solid 4.5 of 5.", "ambiguous"),
    Example("half a star", FIVE, "It gets 2.5 stars.", "unreadable"),
    Example("from one to another", FIVE, "I'd say 3 to 4", "unreadable"),
    Example("a whole figure with a nought", FIVE, "I'd give this one 4.0 out of 5.", ("4",)),
    Example("a figure in a version", FIVE, "Version 2.5 is fine. Rating: 4", ("4",)),
    Example("a place to fill in", FIELDS, "Label: <your label>", "unreadable"),
    Example("a template's braces", FIELDS, "Label: {{label}}", "unreadable"),
    Example("a key without a value", FIELDS, "Label: ___", "unreadable"),
    Example("a label behind a key that is one", FIELDS, "Label: Author", ("Author",)),
    Example("a label in brackets", SHOP, "Answer: [Refund]", R),
)
SEVERAL_LANGUAGES = (
    Example("conceded", SHOP, "This falls under Refund, despite the Billing wording in the subject.", R),
    Example("conceded in German", SHOP, "Obwohl der Kunde von Billing spricht, ist die richtige Kategorie Refund.", R),
    Example("only conceded", SHOP, "Although this is Billing, something else matters.", "ambiguous"),
    Example("the words of another", SHOP, "They write 'the answer is Billing', but this is a Refund.", R),
    Example("nothing to do with it", SHOP, "Das ist ein Refund und hat nichts mit Billing zu tun.", R),
    Example("nothing to do with it alone", SHOP, "It has nothing to do with a Refund.", "ambiguous"),
    Example("nothing but", SHOP, "It is nothing but a Refund.", R),
    Example("none at the end", SHOP, "It is about the weather, so none of the given categories fit.", ()),
    Example("none in Italian", SHOP, "Dopo un'attenta lettura, nessuna delle etichette è applicabile.", ()),
    Example("none in Japanese", JAPANESE, "このテキストにはどのラベルも当てはまりません。", ()),
    Example("none of the others", SHOP, "It is a Refund; none of the other labels apply.", R),
    Example("none, if", SHOP, "If none of the labels apply, choose Other.", "ambiguous"),
    Example("none, not surely", SHOP, "I am not sure that none of the labels apply.", "unreadable"),
    Example(
        "labels with and", SHOP, "The applicable labels are Refund and Late delivery.", ("Refund", "Late delivery")
    ),
    Example(
        "labels with and in Russian", SHOP, "Текст относится к категориям Refund и Billing.", ("Refund", "Billing")
    ),
    Example("labels with and in Chinese", CHINESE, "该消息属于退款和投诉。", ("退款", "投诉")),
    Example("mentions with and", SHOP, "The text mentions Refund and Billing.", "ambiguous"),
    Example("labels to choose from", CHINESE, "可选类别有退款和投诉。", "ambiguous"),
    Example("labels with and that may apply", SHOP, "The labels Refund and Billing may both apply.", "ambiguous"),
)

KINDS: dict[str, tuple[Example, ...]] = {
    "tokens of chat templates": TOKENS,
    "thoughts": THOUGHTS,
    "markup": MARKUP,
    "spelling": SPELLING,
    "nearly JSON": NEAR_JSON,
    "shapes of JSON": JSON_SHAPES,
    "marked answers": MARKED,
    "lines": LINES,
    "run-ons": RUN_ONS,
    "sentences": SENTENCES,
    "refusals and nothing": REFUSALS,
    "records and schemas": RECORDS,
    "taken back and contradicted": CORRECTED,
    "no answers": NO_ANSWERS,
    "conceded, none and several": SEVERAL_LANGUAGES,
}
"""All of them by kind."""
