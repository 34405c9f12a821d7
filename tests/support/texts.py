"""Texts that are hard to point into, drawn by Hypothesis: pairs of surrogates, right to left, marks, repeated words."""

from typing import Any

from hypothesis import strategies as st

from verifiers.label_set import LabelSet

PIECES = (
    *("Will", "will", "Willing", "aa", "a", "next Friday", "it's", "it’s", "none", "date", "5", "#2", " #2", "x_y"),
    *(" ", "  ", "\n", "\r\n", "\r", "\t", "\u00a0", "\u2028", "\u0085", "\u200b", "\u00ad", "\ufeff", "\x00"),
    *('"', "\\", "\\n", "'", "“", "”", "«", "`", "```", ":", ": ", ",", ".", "(", "{", "}", "[", "[]", "-", "|"),
    *("😀", "👩‍💻", "👍🏽", "🇧🇷", "5️⃣", "𝒜", "é", "e\u0301", "\u0301", "ß", "İ", "ﬁ", "Z\u0351\u036b\u0343"),
    *("שלום", "مرحبا", "\u200f", "\u202e", "日本", "日本銀行", "ไทย", "हिन्दी", "서울에서", "서울"),
    *("</think>", "<think>", "<|im_end|>", "Answer: ", "I'm sorry, I can't", '{"a": 1}'),
)
"""What a text may be made of: with it, words stand in it more than once, and it looks like a reply."""

texts = st.lists(st.sampled_from(PIECES) | st.text(max_size=3), min_size=1, max_size=12).map("".join).filter(bool)
"""Texts of at least one character."""

Case = tuple[str, Any]
"""A text, and a cell of gold for it."""

MARKS = LabelSet.of(["date", "date_from", "person name", "none", "text", "a: b", "日付"])


@st.composite
def marked(draw: st.DrawFn, text: str | None = None, labels: LabelSet = MARKS) -> Case:
    """A text with spans: nested, overlapping, repeated, adjacent, of one character, or none."""
    text = draw(texts) if text is None else text
    spans = []
    for _ in range(draw(st.integers(0, 5))):
        start = draw(st.integers(0, len(text) - 1))
        end = draw(st.integers(start + 1, len(text)) | st.just(start + 1))
        spans.append(
            {"label": draw(st.sampled_from(labels.names)), "start": start, "end": end, "text": text[start:end]}
        )
    return text, spans
