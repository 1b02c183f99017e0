from __future__ import annotations

import threading

import pytest

from cnncli.data.batches.batch import cut_into_batches, prepare_ahead


def test_batches_are_of_one_size_but_for_the_last() -> None:
    assert cut_into_batches(10, 4) == [0, 4, 8, 10]
    assert cut_into_batches(8, 4) == [0, 4, 8]
    assert cut_into_batches(3, 4) == [0, 3]


def test_a_last_batch_of_one_gets_a_second_from_the_one_before() -> None:
    assert cut_into_batches(9, 4) == [0, 4, 7, 9]


def test_a_single_sample_is_left_alone_where_no_other_batch_can_spare_one() -> None:
    assert cut_into_batches(1, 4) == [0, 1]
    assert cut_into_batches(3, 2) == [0, 2, 3]


def test_results_come_in_order() -> None:
    assert list(prepare_ahead(lambda number: number**2, range(3, 7))) == [9, 16, 25, 36]
    assert list(prepare_ahead(lambda number: number, range(0))) == []


def test_the_next_result_is_prepared_while_one_is_used_and_no_further() -> None:
    prepared = []
    for result in prepare_ahead(lambda number: prepared.append(number) or number, range(9)):
        assert max(prepared, default=0) <= result + 1


def test_what_preparing_raises_is_raised_in_its_turn() -> None:
    def fail_at_two(number: int) -> int:
        if number == 2:
            raise ValueError("two")
        return number

    results = prepare_ahead(fail_at_two, range(5))
    assert [next(results), next(results)] == [0, 1]
    with pytest.raises(ValueError, match="two"):
        next(results)


def test_leaving_early_leaves_no_thread() -> None:
    before = threading.active_count()
    results = prepare_ahead(lambda number: number, range(5))
    next(results)
    results.close()
    assert threading.active_count() == before
