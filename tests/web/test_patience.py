"""What is waited for in vain is given up, and nobody else."""

import asyncio

import pytest

from deskline.web.patience import BEAT_SECONDS, Patience

pytestmark = pytest.mark.anyio


async def never() -> None:
    await asyncio.get_running_loop().create_future()


async def test_what_comes_in_time_is_handed_on() -> None:
    async def comes() -> str:
        await asyncio.sleep(0)
        return "here"

    assert await Patience().wait(comes(), asyncio.get_running_loop().time() + 60) == "here"


async def test_what_raises_raises() -> None:
    async def breaks() -> None:
        raise LookupError

    with pytest.raises(LookupError):
        await Patience().wait(breaks(), asyncio.get_running_loop().time() + 60)


async def test_only_those_whose_time_is_over_are_given_up() -> None:
    patience, loop = Patience(), asyncio.get_running_loop()
    started = loop.time()
    patient = asyncio.create_task(patience.wait(never(), started + 60))
    hasty = [asyncio.create_task(patience.wait(never(), started + number * BEAT_SECONDS)) for number in range(3)]
    assert [type(error) for error in await asyncio.gather(*hasty, return_exceptions=True)] == [TimeoutError] * 3
    assert not patient.done()
    patient.cancel()
    await asyncio.wait([patient])
    assert patient.cancelled()


async def test_a_task_that_is_cancelled_is_cancelled_and_does_not_run_out() -> None:
    waiting = asyncio.create_task(Patience().wait(never(), asyncio.get_running_loop().time() + 60))
    await asyncio.sleep(0)
    waiting.cancel()
    await asyncio.wait([waiting])
    assert waiting.cancelled()


async def test_a_task_goes_on_after_it_was_given_up_and_can_be_given_up_again() -> None:
    patience, loop = Patience(), asyncio.get_running_loop()
    for _ in range(2):
        with pytest.raises(TimeoutError):
            await patience.wait(never(), loop.time())
    task = asyncio.current_task()
    assert task is not None
    assert task.cancelling() == 0
    await asyncio.sleep(0)


async def test_what_is_there_at_once_is_handed_on_though_the_time_is_over() -> None:
    async def is_there() -> str:
        return "here"

    assert await Patience().wait(is_there(), asyncio.get_running_loop().time() - 1) == "here"
    await asyncio.sleep(0)  # and nothing strikes later


async def test_a_task_that_outlived_a_cancellation_can_be_given_up() -> None:
    async def stubborn() -> None:
        try:
            await never()
        except asyncio.CancelledError:
            await Patience().wait(never(), asyncio.get_running_loop().time())

    task = asyncio.create_task(stubborn())
    await asyncio.sleep(0)
    task.cancel()
    with pytest.raises(TimeoutError):
        await task
