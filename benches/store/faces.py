"""Prints the median time of a get and its wiping through Python, in nanoseconds: faces.py CONFIG SECRETS ROUNDS."""

import statistics
import sys
import time

import strongroom

config, secrets, rounds = sys.argv[1], int(sys.argv[2]), int(sys.argv[3])
paths = [f"bench/secret-{n * 7919 % secrets:07}" for n in range(secrets)]
samples = []
with strongroom.open(config) as store:
    for _ in range(rounds):
        started = time.perf_counter_ns()
        for path in paths:
            with store.get(path):
                pass
        samples.append((time.perf_counter_ns() - started) / secrets)
print(round(statistics.median(samples)))
