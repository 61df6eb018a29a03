#!/usr/bin/env python3
"""Figures of Python's process pools, in the form of Tandem.Bench: python_pools.py python|loky quick|full METRIC,..."""
import json
import statistics
import sys
import time
from collections import deque
from concurrent.futures import ProcessPoolExecutor

MIB = 1 << 20


def one():
    return 1


def successor(value):
    return value + 1


def timed(action):
    start = time.perf_counter()
    action()
    return time.perf_counter() - start


def median_of(rounds, action):
    """Like the harness: one round to warm up, then the median."""
    action()
    return statistics.median(action() for _ in range(rounds))


def open_loky(workers):
    from joblib.externals.loky import ProcessPoolExecutor as Loky

    return Loky(max_workers=workers)


OPEN = {"python": ProcessPoolExecutor, "loky": open_loky}


def round_trip(pool, calls):
    return statistics.median(timed(lambda: pool.submit(one).result()) for _ in range(calls)) * 1e6


def round_trip_idle(pool, calls):
    laps = []
    for _ in range(calls):
        time.sleep(0.02)
        laps.append(timed(lambda: pool.submit(one).result()))
    return statistics.median(laps) * 1e6


def submit_all(pool, calls):
    def run():
        for pending in [pool.submit(one) for _ in range(calls)]:
            pending.result()

    return calls / timed(run)


def map_all(pool, items):
    return items / timed(lambda: deque(pool.map(successor, range(items), chunksize=1000), maxlen=0))


def send(pool, payload, calls, in_flight):
    def run():
        window = deque()
        for _ in range(calls):
            if len(window) == in_flight:
                window.popleft().result()
            window.append(pool.submit(len, payload))
        while window:
            window.popleft().result()

    return calls * len(payload) / (1 << 30) / timed(run)


def first_result(open_pool):
    start = time.perf_counter()
    with open_pool(2) as pool:
        pool.submit(one).result()
        return (time.perf_counter() - start) * 1e3


def main(name, mode, wanted):
    full = mode == "full"
    wanted = wanted.split(",")
    payload = bytes(range(256)) * (MIB // 256)

    def report(metric, unit, measure):
        if metric in wanted:
            print(json.dumps({"backend": name, "metric": metric, "value": median_of(3, measure), "unit": unit}), flush=True)

    report("first_result_ms", "ms", lambda: first_result(OPEN[name]))
    with OPEN[name](1) as pool:
        report("round_trip_hot_us", "us", lambda: round_trip(pool, 2000 if full else 1000))
        report("round_trip_idle_us", "us", lambda: round_trip_idle(pool, 20))
    with OPEN[name](2) as pool:
        report("calls_per_s", "calls/s", lambda: submit_all(pool, 20_000 if full else 5_000))
        report("map_items_per_s", "items/s", lambda: map_all(pool, 500_000 if full else 200_000))
        report("payload_1mib_gib_per_s", "GiB/s", lambda: send(pool, payload, 200, 4))
        report("payload_1mib_serial_gib_per_s", "GiB/s", lambda: send(pool, payload, 100, 1))


if __name__ == "__main__":
    main(*sys.argv[1:])
