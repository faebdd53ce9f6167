"""DBOS: `python dbos_steps.py URL SECONDS IN_FLIGHT...`. Workflows of three steps, each called by whoever wants its result.

For each number in flight one line of JSON: {"in_flight", "seconds", "us": [...]}, `us` from the call to the result. Plain
functions on threads, since they were faster here than coroutines, and two processes, since one was slower.
"""

import json
import multiprocessing
import sys
import threading
import time
from concurrent.futures import ProcessPoolExecutor

from dbos import DBOS

WARM_UP_SECONDS = 2.0
PROCESSES = 2


@DBOS.step()
def add_one(number: int) -> int:
    return number + 1


@DBOS.step()
def double(number: int) -> int:
    return number * 2


@DBOS.step()
def take_three(number: int) -> int:
    return number - 3


@DBOS.workflow()
def three_steps(number: int) -> int:
    return take_three(double(add_one(number)))


def load(in_flight: int, seconds: float) -> tuple[float, list[int]]:
    took: list[int] = []
    began = time.perf_counter()

    def one_after_the_other(number: int) -> None:
        while time.perf_counter() - began < seconds:
            called = time.perf_counter_ns()
            assert three_steps(number) == (number + 1) * 2 - 3
            took.append((time.perf_counter_ns() - called) // 1000)

    callers = [threading.Thread(target=one_after_the_other, args=(number,)) for number in range(in_flight)]
    for caller in callers:
        caller.start()
    for caller in callers:
        caller.join()
    return time.perf_counter() - began, took


def launch(url: str, process: int) -> None:
    name = {"name": "three-steps", "executor_id": f"process-{process}"}
    DBOS(config={**name, "system_database_url": url, "log_level": "WARNING"})
    DBOS.launch()


def main(url: str, seconds: float, levels: list[int]) -> None:
    spawn = multiprocessing.get_context("spawn")
    processes = []
    for number in range(PROCESSES):
        process = ProcessPoolExecutor(1, mp_context=spawn, initializer=launch, initargs=(url, number))
        # The first one makes the tables; the others find them.
        process.submit(load, 1, 0.0).result()
        processes.append(process)
    for in_flight in levels:
        share = [in_flight // PROCESSES + (number < in_flight % PROCESSES) for number in range(PROCESSES)]
        for lasts in (WARM_UP_SECONDS, seconds):
            loads = [process.submit(load, callers, lasts) for process, callers in zip(processes, share) if callers]
            results = [running.result() for running in loads]
        took = [us for _, part in results for us in part]
        print(json.dumps({"in_flight": in_flight, "seconds": max(lasted for lasted, _ in results), "us": took}), flush=True)
    for process in processes:
        process.submit(DBOS.destroy).result()
        process.shutdown()


if __name__ == "__main__":
    main(sys.argv[1], float(sys.argv[2]), [int(level) for level in sys.argv[3:]])
