"""The feature cache: what is read is what was stored, whatever happened to the file in between."""

from __future__ import annotations

import logging
import multiprocessing
import os
import time
from pathlib import Path

import numpy as np
import pytest

from evoke.dataset.cache import Arrays, FeatureCache, cache_key

KEY = cache_key({"content": "abc", "step": 128})


def entry(seed: int = 0, n: int = 100) -> Arrays:
    rng = np.random.default_rng(seed)
    return {
        "features": rng.standard_normal((2, n, 32, 4)).astype(np.float32),
        "videos": np.arange(2),
        "synthetic": np.array(True),
        "warnings": np.array(["one", "two µV"]),
    }


def assert_same(found: Arrays | None, expected: Arrays) -> None:
    assert found is not None
    assert found.keys() == expected.keys()
    for name, array in expected.items():
        np.testing.assert_array_equal(found[name], array)
        assert found[name].dtype == array.dtype


@pytest.fixture
def cache(tmp_path: Path) -> FeatureCache:
    return FeatureCache(tmp_path / "cache")


def files(cache: FeatureCache) -> list[Path]:
    return sorted(cache.folder.iterdir())


def test_an_entry_is_computed_once(cache: FeatureCache) -> None:
    computed = []

    def compute() -> Arrays:
        computed.append(1)
        return entry()

    for _ in range(3):
        assert_same(cache.get(KEY, compute), entry())
    assert computed == [1]
    (file,) = files(cache)
    assert file.name == f"{KEY}.features"


def test_without_a_folder_it_lies_in_the_users_data() -> None:
    FeatureCache().store(KEY, entry())
    assert (Path(os.environ["EVOKE_DATA_DIR"]) / "cache" / f"{KEY}.features").exists()


def test_every_setting_is_part_of_the_key() -> None:
    settings = {"content": "abc", "step": 128, "features": {"name": "de", "bands_hz": [[4, 8]]}}
    others = [
        settings | {"content": "abd"},
        settings | {"step": 64},
        settings | {"features": {"name": "psd", "bands_hz": [[4, 8]]}},
        settings | {"features": {"name": "de", "bands_hz": [[4, 9]]}},
        settings | {"baseline": "paper"},
    ]
    keys = {cache_key(s) for s in (settings, *others)}
    assert len(keys) == 1 + len(others)
    assert cache_key(dict(reversed(settings.items()))) == cache_key(settings)


@pytest.mark.parametrize("kind", ["cut", "flipped", "empty", "longer", "pickle", "other key"])
def test_a_damaged_entry_is_thrown_away_and_computed_again(
    cache: FeatureCache, kind: str, caplog: pytest.LogCaptureFixture
) -> None:
    cache.store(KEY, entry())
    (path,) = files(cache)
    content = path.read_bytes()
    if kind == "other key":
        cache.store(cache_key({}), entry(1))
        (cache.folder / f"{cache_key({})}.features").replace(path)
    else:
        middle = len(content) // 2
        flipped = content[:middle] + bytes([content[middle] ^ 1]) + content[middle + 1 :]
        path.write_bytes(
            {
                "cut": content[:-100],
                "flipped": flipped,
                "empty": b"",
                "longer": content + b"\0",
                "pickle": b"\x80\x04cos\nsystem\n.",
            }[kind]
        )
    with caplog.at_level(logging.WARNING):
        assert cache.load(KEY) is None
    assert "damaged" in caplog.text
    assert files(cache) == []
    assert_same(cache.get(KEY, lambda: entry(2)), entry(2))
    assert_same(cache.load(KEY), entry(2))


def test_objects_are_never_unpickled(cache: FeatureCache) -> None:
    """Even where the checksum is right: someone may have written it on purpose."""

    class Trap:
        def __reduce__(self) -> tuple[object, tuple[str]]:
            return os.mkdir, (str(cache.folder / "sprung"),)

    trap = np.empty(1, object)
    trap[0] = Trap()
    cache.store(KEY, {"features": trap})
    assert len(files(cache)) == 1
    assert cache.load(KEY) is None
    assert not (cache.folder / "sprung").exists()


def test_the_longest_unused_go_first(tmp_path: Path) -> None:
    cache = FeatureCache(tmp_path)
    keys = [cache_key({"n": n}) for n in range(4)]
    now = time.time()
    for age, key in enumerate(keys[:3]):
        cache.store(key, entry())
        os.utime(tmp_path / f"{key}.features", (now - 1000 + age,) * 2)
    size = files(cache)[0].stat().st_size
    assert cache.load(keys[0]) is not None  # used again: the last to go
    small = FeatureCache(tmp_path, limit_bytes=int(2.5 * size))
    small.store(keys[3], entry())
    assert {f.stem for f in files(cache)} == {keys[0], keys[3]}
    FeatureCache(tmp_path, limit_bytes=1).store(keys[1], entry())
    assert {f.stem for f in files(cache)} == {keys[1]}, "the newest stays, however large"


def test_what_a_killed_writer_left_is_cleared(cache: FeatureCache) -> None:
    cache.store(cache_key({}), entry())
    old, new = cache.folder / ".a.features.1.part", cache.folder / ".b.features.2.part"
    for part in (old, new):
        part.write_bytes(b"half")
    os.utime(old, (time.time() - 7200,) * 2)
    cache.store(KEY, entry())
    assert not old.exists()
    assert new.exists(), "someone may still be writing it"


def test_a_cache_that_cannot_be_written_costs_time_only(
    tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    in_the_way = tmp_path / "cache"
    in_the_way.write_text("a file where the folder should be")
    cache = FeatureCache(in_the_way)
    with caplog.at_level(logging.WARNING):
        assert_same(cache.get(KEY, entry), entry())
    assert "not kept" in caplog.text
    assert in_the_way.read_text().startswith("a file")


def _work(folder: Path, worker: int, rounds: int, failures: multiprocessing.Queue[str]) -> None:
    """Store, load and shrink as fast as possible; whatever is loaded must be whole."""
    cache = FeatureCache(folder, limit_bytes=600_000)  # room for four of six: they are dropped too
    rng = np.random.default_rng(worker)
    for _ in range(rounds):
        seed = int(rng.integers(6))
        key = cache_key({"seed": seed})
        found = cache.get(key, lambda seed=seed: entry(seed, 5))
        if not np.array_equal(found["features"], entry(seed, 5)["features"]):
            failures.put(f"worker {worker} read another entry under seed {seed}")
        if rng.random() < 0.1:  # damage what another process may be reading
            path = folder / f"{key}.features"
            path.with_suffix(f".{worker}").write_bytes(b"damaged")
            path.with_suffix(f".{worker}").replace(path)


def test_processes_share_a_cache_without_a_lock(tmp_path: Path) -> None:
    context = multiprocessing.get_context("spawn")
    failures: multiprocessing.Queue[str] = context.Queue()
    workers = [
        context.Process(target=_work, args=(tmp_path, worker, 150, failures)) for worker in range(4)
    ]
    for worker in workers:
        worker.start()
    for worker in workers:
        worker.join(60)
    assert [worker.exitcode for worker in workers] == [0, 0, 0, 0]
    assert failures.empty()
    assert not list(tmp_path.glob(".*.part"))
