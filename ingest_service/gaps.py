"""The message numbers of a batch, per gateway, for the ledger to find gaps in (tricolor.domain.sequences)."""

from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray

from tricolor.domain.readings import Decoded, Frame
from tricolor.domain.sequences import MAX_NUMBER, Run
from tricolor.ports import SeenNumbers

_TRANSPORT = "mqtt:"  # its sources are one gateway each; keys of HTTP may be shared by several


def seen_numbers(frames: Sequence[Frame], decoded: Sequence[Decoded], new_of: NDArray[np.int64]) -> tuple[SeenNumbers, ...]:
    """Runs of `seq` in the order of arrival, one entry a gateway that numbers its messages. new_of: of each new reading, the place of its frame.

    A replayed frame says nothing about what came when, and is left out.
    """
    by_source: dict[str, list[int]] = {}
    for place, message in enumerate(decoded):
        number = message.gateway_seq
        if number is not None and 0 <= number <= MAX_NUMBER and not frames[place].replay_of:
            by_source.setdefault(frames[place].source, []).append(place)
    if not by_source:
        return ()
    is_new = np.zeros(len(frames), dtype=bool)
    is_new[new_of] = True
    return tuple(
        SeenNumbers(source, _runs([decoded[p].gateway_seq or 0 for p in places], is_new[places].tolist()))
        for source, places in by_source.items()
        if source.startswith(_TRANSPORT)
    )


def _runs(numbers: list[int], is_new: list[bool]) -> tuple[Run, ...]:
    runs: list[Run] = []
    first = last = numbers[0]
    new = is_new[0]
    for number, fresh in zip(numbers[1:], is_new[1:], strict=True):
        if number == last + 1 and fresh == new:
            last = number
            continue
        runs.append((first, last, new))
        first = last = number
        new = fresh
    runs.append((first, last, new))
    return tuple(runs)
