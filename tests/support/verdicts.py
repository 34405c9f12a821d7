"""Verdicts of any kind, drawn by Hypothesis, and every reward that they can be given to."""

from hypothesis import strategies as st
from options import made, options

from verifiers.labels import Labels, label_verdict
from verifiers.rewards import Reward, refusal
from verifiers.rewards.corpus import MicroF1
from verifiers.rewards.per_item import ExactMatch, FBeta
from verifiers.rewards.weighted import Weighted
from verifiers.verdict import BadReply

LISTED = ("refund", "late", "damaged", "size", "other")
STRANGERS = ("shipping", "price")
BAD_REPLIES: tuple[BadReply, ...] = ("unreadable", "ambiguous", "refused", "truncated", "several", "no_label")

golds = st.lists(st.sampled_from(LISTED), unique=True).map(tuple)
read_verdicts = st.builds(
    label_verdict, gold=golds, given=golds, out_of_list=st.lists(st.sampled_from(STRANGERS), unique=True).map(tuple)
)
bad_verdicts = st.builds(label_verdict, gold=golds, unusable=st.sampled_from(BAD_REPLIES))
verdict_lists = st.lists(read_verdicts | bad_verdicts, min_size=1, max_size=12)

EVERY_REWARD: dict[str, Reward] = {case.id: made(*case.values) for case in options("reward")}
REWARDS: dict[str, Reward] = {
    **{name: reward for name, reward in EVERY_REWARD.items() if refusal(reward, Labels()) is None},
    "F0.5": FBeta(0.5),
    "weighted, of both kinds": Weighted([FBeta(), MicroF1(), ExactMatch()], [2, 1, 0.5]),
}
"""One of each file in conf/reward that labels can have, and of kinds that no file has."""
