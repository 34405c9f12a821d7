"""What W&B is shown of answers that are no labels: their words, and none of them where texts are kept out."""

from run_records import prediction_row

from runner.trackers.wandb_tables import flat, prediction_table, without_answers

SPAN = {"label": "day", "start": 3, "end": 9}


def test_places_are_shown_with_their_words_and_what_was_not_read_is_null() -> None:
    row = prediction_row(text="On Monday.", gold=[SPAN], prediction=None, due=["day"], given=[], exact=False)
    columns, [cells] = prediction_table([row], texts=True)
    shown = dict(zip(columns, cells, strict=True))
    assert (shown["gold"], shown["prediction"], shown["exact"]) == ("day Monday", None, False)
    columns, [cells] = prediction_table([row], texts=False)
    assert dict(zip(columns, cells, strict=True))["gold"] == "day" and "Monday" not in str(cells)


def test_the_constant_answer_is_kept_out_where_texts_are() -> None:
    for answer in ("Otto", {"who": "Otto"}):
        figures = flat({"controls": {"constant": {"labels": answer, "reward": 0.5}}, "best": {"test": 1.0}})
        assert "Otto" in str(figures)
        assert without_answers(figures) == {"controls/constant/reward": 0.5, "best/test": 1.0}
