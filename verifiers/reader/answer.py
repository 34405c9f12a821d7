"""The text of an answer, for every type of answer: without tokens, thoughts, fences and lead-ins. Pure."""

from verifiers.reader.blocks import Block, blocks_of
from verifiers.reader.keys import ANSWERS
from verifiers.reader.markup import fences, plain
from verifiers.reader.model_tokens import without_tokens
from verifiers.reader.turns import own_turn


def answer_text(reply: str) -> str:
    """What ``reply`` gives as its answer; empty if it is nothing but thoughts.

    That is what stands behind the last mark of the surest kind ("Final answer:" before "Answer:" before "Result:"),
    also as ``<answer>x</answer>`` and ``\\boxed{x}``; else the inside of the only code fence; else all that is
    said but for reasons under keys of their own.
    """
    said = own_turn(without_tokens(reply), lambda _: False)
    inside = [inner for _, inner in fences(said) if inner]
    blocks = blocks_of(plain(inside[0] if len(inside) == 1 else said))
    marked = _marked(blocks)
    return marked.text if marked else "\n".join(block.text for block in blocks if block.role is None).strip()


def _marked(blocks: list[Block]) -> Block | None:
    for role in ANSWERS:
        found = [block for block in blocks if block.role == role and block.text]
        if found:
            return found[-1]
    return None
