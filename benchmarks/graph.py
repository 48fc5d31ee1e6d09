"""Build a history and plan an upgrade of an empty database: embedmig, a floor, and Alembic.

    python -m benchmarks.graph [--rounds 7] [--without-alembic]

Every sample is a fresh process; floor, embedmig and Alembic take turns. The floor is a plain pass
with dicts and lists over the same data: parents, children, a topological order. *build+plan*
starts from `Revision` objects, as the floor starts from tuples; *all* makes these objects, too.
*steps* is the first look at the plan's steps, which are made then; *again* plans where nothing is
pending. Alembic is quadratic on merges, so it gets smaller graphs there: the sizes stand beside
its times. Exits with 1 where build+plan takes more than 4 × the floor.
"""

from __future__ import annotations

import argparse
import random
import statistics
import subprocess
import sys
from collections.abc import Callable
from time import perf_counter
from typing import Any, Final

Data = list[tuple[str, tuple[str, ...]]]
LIMIT: Final = 4.0


def linear(size: int) -> Data:
    ids = [f"{number:012x}" for number in range(size)]
    return [(id, (ids[number - 1],) if number else ()) for number, id in enumerate(ids)]


def shuffled(size: int) -> Data:
    """A line whose revisions are registered in any order."""
    data = linear(size)
    random.Random(1).shuffle(data)
    return data


def ladder(size: int) -> Data:
    """Two rails; every revision merges both revisions of the rung before."""
    data: Data = [("a00000000000", ()), ("b00000000000", ())]
    while len(data) < size:
        before = (data[-2][0], data[-1][0])
        number = len(data) // 2
        data += [(f"a{number:011x}", before), (f"b{number:011x}", before)]
    return data


def diamonds(size: int) -> Data:
    """Branch, merge, branch, merge."""
    data: Data = [("m00000000000", ())]
    while len(data) < size:
        top, number = data[-1][0], len(data)
        left, right = f"a{number:011x}", f"b{number:011x}"
        data += [(left, (top,)), (right, (top,)), (f"m{number:011x}", (left, right))]
    return data


def wide(size: int) -> Data:
    """One base, a branch for nearly every revision, one merge of them all."""
    branches = [f"a{number:011x}" for number in range(size - 2)]
    base, merge = "base00000000", "merge0000000"
    return [(base, ()), *((id, (base,)) for id in branches), (merge, tuple(branches))]


def tangled(size: int) -> Data:
    """Every revision merges two earlier ones, however far back."""
    choose = random.Random(2)
    ids = [f"{number:012x}" for number in range(size)]
    return [(id, tuple({*choose.choices(ids[:n], k=2)}) if n else ()) for n, id in enumerate(ids)]


SHAPES: Final[dict[str, tuple[Callable[[int], Data], int, int]]] = {
    # shape: data, our size, Alembic's size
    "linear": (linear, 50_000, 50_000),
    "shuffled": (shuffled, 50_000, 50_000),
    "ladder": (ladder, 10_000, 2_000),
    "diamonds": (diamonds, 10_000, 2_000),
    "wide": (wide, 10_000, 2_000),
    "tangled": (tangled, 10_000, 500),
}


def floor(data: Data) -> list[float]:
    start = perf_counter()
    parents: dict[str, tuple[str, ...]] = {}
    children: dict[str, list[str]] = {}
    for id, above in data:
        parents[id] = above
        children[id] = []
    for id, above in parents.items():
        for parent in above:
            children[parent].append(id)
    left = {id: len(above) for id, above in parents.items()}
    order = [id for id, count in left.items() if not count]
    for id in order:
        for child in children[id]:
            left[child] -= 1
            if not left[child]:
                order.append(child)
    assert len(order) == len(data)
    return [perf_counter() - start]


def embedmig(data: Data) -> list[float]:
    from embedmig.graph import Revision, RevisionGraph
    from embedmig.plan import plan_upgrade

    started = perf_counter()
    revisions = [Revision(id, parents) for id, parents in data]
    made = perf_counter()
    graph = RevisionGraph(revisions)
    plan = plan_upgrade(graph, ())
    planned = perf_counter()
    assert len(plan) == len(data)
    looked = perf_counter()
    assert len(plan.steps) == len(data)
    unfolded = perf_counter() - looked
    again = perf_counter()
    assert not plan_upgrade(graph, plan.after)
    ended = perf_counter()
    return [planned - made, planned - started, ended - again, unfolded]


def alembic(data: Data) -> list[float]:
    from alembic.script.revision import Revision, RevisionMap

    start = perf_counter()
    revisions = [Revision(id, parents or None) for id, parents in data]
    map = RevisionMap(lambda: revisions)
    found = list(map.iterate_revisions("heads", (), implicit_base=True))
    assert len(found) == len(data)
    return [perf_counter() - start]


WAYS: Final = {"floor": floor, "embedmig": embedmig, "alembic": alembic}


def sample(way: str, shape: str, size: int) -> list[float]:
    command = [sys.executable, "-m", "benchmarks.graph", "--sample", way, shape, str(size)]
    output = subprocess.run(command, check=True, capture_output=True, text=True).stdout
    return [float(number) for number in output.split()]


def median(samples: list[list[float]], column: int = 0) -> float:
    return statistics.median(each[column] for each in samples) * 1000


def measure(shape: str, rounds: int, *, with_alembic: bool) -> bool:
    _, size, alembic_size = SHAPES[shape]
    sizes = {"floor": size, "embedmig": size}
    if with_alembic:
        sizes["alembic"] = alembic_size
    samples: dict[str, list[list[float]]] = {way: [] for way in sizes}
    for number in range(rounds):
        for way, of_size in sizes.items():
            if way != "alembic" or number < 3:
                samples[way].append(sample(way, shape, of_size))
    low, ours = median(samples["floor"]), samples["embedmig"]
    plan, everything, again, steps = (median(ours, column) for column in range(4))
    theirs = f"{median(samples['alembic']):9.0f} ({alembic_size:,})" if with_alembic else ""
    print(
        f"{shape:9} {size:7,} {low:8.1f} {plan:8.1f} {plan / low:5.2f}x "
        f"{everything:8.1f} {everything / low:5.2f}x {steps:8.1f} {again:8.4f} {theirs}",
        flush=True,
    )
    return plan <= LIMIT * low


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--rounds", type=int, default=7)
    parser.add_argument("--without-alembic", action="store_true")
    parser.add_argument("--shape", action="append", choices=SHAPES)
    parser.add_argument("--sample", nargs=3, metavar=("WAY", "SHAPE", "SIZE"))
    options: Any = parser.parse_args()
    if options.sample:
        way, shape, size = options.sample
        print(*WAYS[way](SHAPES[shape][0](int(size))))
        return 0
    print("ms           size    floor build+plan            all           steps    again  Alembic")
    kept = [
        measure(shape, options.rounds, with_alembic=not options.without_alembic)
        for shape in options.shape or SHAPES
    ]
    return 0 if all(kept) else 1


if __name__ == "__main__":
    raise SystemExit(main())
