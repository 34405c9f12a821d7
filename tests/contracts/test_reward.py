"""What the runner relies on, whatever the reward: each file in conf/reward is one."""

import pytest
from hypothesis import given
from hypothesis import strategies as st
from options import lacking
from verdicts import REWARDS, bad_verdicts, golds, verdict_lists

from verifiers.labels import label_verdict
from verifiers.rewards import Reward
from verifiers.verdict import Verdict


@pytest.mark.parametrize("reward", REWARDS.values(), ids=REWARDS)
class TestContract:
    def test_it_has_all_of_its_protocol(self, reward: Reward) -> None:
        assert lacking(reward, Reward) == []

    @given(verdicts=verdict_lists)
    def test_the_mean_of_the_credits_is_the_score(self, reward: Reward, verdicts: list[Verdict]) -> None:
        credits = reward.credits(verdicts)
        assert len(credits) == len(verdicts)
        assert sum(credits) / len(credits) == pytest.approx(reward.score(verdicts), abs=1e-9)

    @given(verdicts=verdict_lists)
    def test_the_score_is_from_0_to_1(self, reward: Reward, verdicts: list[Verdict]) -> None:
        assert -1e-12 <= reward.score(verdicts) <= 1 + 1e-12

    @given(verdicts=verdict_lists, data=st.data())
    def test_the_order_of_the_items_does_not_matter(
        self, reward: Reward, verdicts: list[Verdict], data: st.DataObject
    ) -> None:
        order = data.draw(st.permutations(range(len(verdicts))))
        moved = [verdicts[place] for place in order]
        assert reward.score(moved) == pytest.approx(reward.score(verdicts), abs=1e-12)
        credits = reward.credits(verdicts)
        assert reward.credits(moved) == pytest.approx([credits[place] for place in order], abs=1e-9)

    @given(verdicts=st.lists(golds.map(lambda gold: label_verdict(gold, gold[::-1])), min_size=1))
    def test_all_right_is_1(self, reward: Reward, verdicts: list[Verdict]) -> None:
        assert reward.score(verdicts) == pytest.approx(1.0)

    @given(verdicts=st.lists(bad_verdicts, min_size=1))
    def test_bad_replies_alone_are_0(self, reward: Reward, verdicts: list[Verdict]) -> None:
        assert reward.score(verdicts) == 0.0
        assert reward.credits(verdicts) == [0.0] * len(verdicts)

    def test_no_items_are_0(self, reward: Reward) -> None:
        assert reward.score([]) == 0.0
        assert reward.credits([]) == []

    def test_only_labels_off_the_list_are_0(self, reward: Reward) -> None:
        assert reward.score([label_verdict((), out_of_list=("shipping",))]) == 0.0
