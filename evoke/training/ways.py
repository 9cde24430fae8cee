"""How a network was really trained, where that is not what was asked for: smaller batches where
memory ran out, another device after a GPU was gone."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from typing import NamedTuple


class Way(NamedTuple):
    """How epochs from `epoch` on were trained. batch: windows; device: 'cpu' or 'cuda'; precision:
    'fp32' or 'bf16'."""

    epoch: int
    batch: int
    device: str
    precision: str


def followed(ways: Sequence[Way], way: Way) -> tuple[Way, ...]:
    """With the way of one more epoch, if it is another than that of the last."""
    return tuple(ways) if ways and ways[-1][1:] == way[1:] else (*ways, way)


def device_words(device: str) -> str:
    """'cuda' is 'GPU' to its users, 'cluster, cuda' is 'cluster, GPU'."""
    return device.replace("cuda", "GPU").replace("cpu", "CPU")


def batches_in_words(asked: int, ways: Sequence[Way]) -> str:
    """'128', or '128, 32 from epoch 4 on, where memory ran out'."""
    changes = _changes(((way.epoch, str(way.batch)) for way in ways), str(asked))
    words = [f"{batch} from epoch {epoch} on" for epoch, batch in changes]
    return ", ".join([str(asked), *words, *(["where memory ran out"] if words else [])])


def devices_in_words(ways: Sequence[Way]) -> str:
    """'the GPU in bf16, the CPU in fp32 from epoch 4 on'; '' where it is not known."""
    places = ((way.epoch, f"the {device_words(way.device)} in {way.precision}") for way in ways)
    return ", ".join(
        f"{place} from epoch {epoch} on" if epoch > 1 else place
        for epoch, place in _changes(places)
    )


def unlike_asked(asked: int, ways: Sequence[Way]) -> str:
    """What a command with batches of `asked` windows does not repeat, in words; '' for nothing."""
    said = []
    if any(way.batch != asked for way in ways):
        said.append(f"batches of {batches_in_words(asked, ways)}")
    if len({way[2:] for way in ways}) > 1:
        said.append(f"on {devices_in_words(ways)}")
    return "; ".join(said)


def _changes(values: Iterable[tuple[int, str]], before: str = "") -> Iterator[tuple[int, str]]:
    """Of what each epoch had, the first epochs that had something else than those before."""
    for epoch, value in values:
        if value != before:
            yield epoch, value
        before = value
