"""What the small dynamic programs compute, written another way than the programs that are shown."""

from __future__ import annotations

import functools
from collections.abc import Sequence


def ways(n: int, coins: Sequence[int]) -> int:
    """In how many ways coins make n; the order does not count."""
    if not coins:
        return int(n == 0)
    return sum(ways(rest, coins[1:]) for rest in range(n, -1, -coins[0]))


def ordered_ways(n: int, coins: Sequence[int]) -> int:
    """In how many orders coins make n."""

    @functools.cache
    def count(rest: int) -> int:
        return 1 if rest == 0 else sum(count(rest - coin) for coin in coins if coin <= rest)

    return count(n)


def fewest(n: int, coins: Sequence[int]) -> int:
    """How many coins it takes to make n; -1 if they cannot."""
    reached, count = {0}, 0
    while reached and n not in reached:
        reached = {amount + coin for amount in reached for coin in coins if amount + coin <= n}
        count += 1
    return count if reached else -1


def greedy(n: int, coins: Sequence[int]) -> int:
    """The same if one always takes the largest coin that fits."""
    count = 0
    for coin in sorted(coins, reverse=True):
        count, n = count + n // coin, n % coin
    return -1 if n else count


def apart(a: Sequence[int], distance: int, price: int) -> int:
    """The greatest sum of numbers at least `distance` places apart, each less its price."""
    if not a:
        return 0
    return max(apart(a[1:], distance, price), a[0] - price + apart(a[distance:], distance, price))


def longest(a: Sequence[int], least: int, most: int) -> int:
    """The length of the longest subsequence whose steps lie between bounds."""
    lengths: list[int] = []
    for place, number in enumerate(a):
        before = [lengths[other] for other in range(place) if least <= number - a[other] <= most]
        lengths.append(1 + max(before, default=0))
    return max(lengths)


def edits(s: str, t: str, insert: int, delete: int, replace: int) -> int:
    """The least cost of turning s into t."""
    if not s or not t:
        return len(s) * delete + len(t) * insert
    return min(
        edits(s[1:], t[1:], insert, delete, replace) + replace * (s[0] != t[0]),
        edits(s[1:], t, insert, delete, replace) + delete,
        edits(s, t[1:], insert, delete, replace) + insert,
    )
