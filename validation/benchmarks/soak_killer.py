"""Whoever takes part in a soak, and who ends them at random.

Rules kept here:

1. Processes are killed with SIGKILL and started again at once, writers more often than others.
2. Processes stand still, connections and all, for longer than anybody waits for a lock; the others
   are killed meanwhile.
3. Nobody outlives the nursery, and the nursery does not outlive whoever made it.
"""

import json
import subprocess
import sys
import time
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Final, Self

import psycopg

from domain.errors import Unavailable
from validation.benchmarks.postgres import PostgresCluster
from validation.benchmarks.soak_process import chance_of

SIGNERS: Final = 2
CRASH, END_CONNECTIONS, KILL, PAUSE = "crash", "end connections", "kill", "pause"
LIKELY: Final = {CRASH: 1, END_CONNECTIONS: 15, KILL: 24, PAUSE: 8}
SHORTEST_REST_S, LONGEST_REST_S = 0.1, 1.2
SHORTEST_PAUSE_S, LONGEST_PAUSE_S = 1.0, 15.0
_END_ONE = (
    "SELECT pg_terminate_backend(pid) FROM (SELECT pid FROM pg_stat_activity WHERE "
    "datname = current_database() AND pid <> pg_backend_pid() "
    "AND backend_type = 'client backend' ORDER BY random() LIMIT %s) AS chosen"
)


@dataclass(frozen=True, slots=True, kw_only=True)
class Plan:
    """What is to be soaked.

    Attributes:
        seconds: For how long somebody is killed.
        writers: Processes that append.
        readers: Processes that follow; every other one saves its position with what it did.
        seed: What chance begins with.
    """

    seconds: float
    writers: int
    readers: int
    seed: int

    def processes(self) -> dict[str, str]:
        """Return the kind of each process by its name."""
        kinds = ("follow-and-note", "follow-once")
        return {
            **{f"soak-writer-{each}": "write" for each in range(self.writers)},
            **{f"soak-reader-{each}": kinds[each % 2] for each in range(self.readers)},
            **{f"soak-signer-{each}": "sign" for each in range(SIGNERS)},
        }


class Nursery:
    """The process that holds all others, and who they are."""

    def __init__(self, place: dict[str, str], plan: Plan) -> None:
        """Hold a plan's processes, which find everything at a place, once entered."""
        self.kills: dict[str, int] = {}
        self._chance = chance_of(f"nursery {plan.seed}")
        self._process = subprocess.Popen(
            [sys.executable, "-m", "validation.benchmarks.soak_process"],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            text=True,
            cwd=Path(__file__).parents[2],
        )
        self._kinds = plan.processes()
        self._alive: dict[str, str] = {}
        self._paused: dict[str, float] = {}
        self.pauses = 0
        self._say(json.dumps(place))

    def __enter__(self) -> Self:
        for name in self._kinds:
            self._start(name)
        return self

    def __exit__(self, *_: object) -> None:
        with self._process as process:
            assert process.stdin is not None  # noqa: S101 - opened above
            process.stdin.close()  # everybody in it is killed

    def kill(self, kind: str) -> None:
        """Kill one of a kind and start it again."""
        name = self._chance.choice([each for each, of in self._alive.items() if of == kind])
        self._say(f"kill {name}")
        self.kills[kind] = self.kills.get(kind, 0) + 1
        self._start(name)

    def pause(self, kind: str, seconds: float) -> None:
        """Let one of a kind stand still for so long, unless it is killed meanwhile."""
        name = self._chance.choice([each for each, of in self._alive.items() if of == kind])
        self._say(f"pause {name}")
        self._paused[name] = time.monotonic() + seconds
        self.pauses += 1

    def resume(self, *, everybody: bool = False) -> None:
        """Let those go on who stood still for long enough."""
        for name, until in [*self._paused.items()]:
            if everybody or time.monotonic() >= until:
                self._say(f"resume {name}")
                del self._paused[name]

    def end_all(self, kind: str) -> None:
        """End everybody of a kind."""
        self.resume(everybody=True)
        for name in [each for each, of in self._alive.items() if of == kind]:
            self._say(f"end {name}")
            del self._alive[name]

    def _start(self, name: str) -> None:
        self._paused.pop(name, None)
        self._say(f"start {self._kinds[name]} {name} {self._chance.getrandbits(64)}")
        self._alive[name] = self._kinds[name]

    def _say(self, line: str) -> str:
        process = self._process
        assert process.stdin is not None  # noqa: S101 - opened above
        assert process.stdout is not None  # noqa: S101 - opened above
        process.stdin.write(f"{line}\n")
        process.stdin.flush()
        answer = process.stdout.readline()
        if not answer:
            raise Unavailable("the nursery of the soak ended")
        return answer.strip()


class Killer:
    """Ends what it finds, at random."""

    def __init__(
        self, plan: Plan, nursery: Nursery, dsn: str, cluster: PostgresCluster | None
    ) -> None:
        """End those in the nursery and their connections; crash the server, if given."""
        self._plan = plan
        self._nursery = nursery
        self._dsn = dsn
        self._cluster = cluster
        self._chance = chance_of(f"killer {plan.seed}")
        # Writers are killed more often than others.
        self._kinds = ["write", "write", *sorted(set(plan.processes().values()))]
        self.connections_ended = 0
        self.crashes = 0

    def rage(self, progress: Callable[[int], None]) -> None:
        """Kill and pause until the time is up; crash the server, if it is ours, at least once."""
        began = time.monotonic()
        while (passed := time.monotonic() - began) < self._plan.seconds:
            progress(round(passed))
            time.sleep(
                min(
                    self._chance.uniform(SHORTEST_REST_S, LONGEST_REST_S),
                    self._plan.seconds - passed,
                )
            )
            self._nursery.resume()
            (act,) = self._chance.choices([*LIKELY], [*LIKELY.values()])
            if self._cluster is not None and passed > self._plan.seconds / 2 and not self.crashes:
                act = CRASH
            if act == CRASH and self._cluster is not None:
                self._crash(self._cluster)
            elif act == END_CONNECTIONS:
                self._end_connections()
            elif act == PAUSE:
                seconds = self._chance.uniform(SHORTEST_PAUSE_S, LONGEST_PAUSE_S)
                self._nursery.pause(self._chance.choice(self._kinds), seconds)
            else:
                self._nursery.kill(self._chance.choice(self._kinds))

    def _crash(self, cluster: PostgresCluster) -> None:
        cluster.stop("immediate")
        time.sleep(self._chance.uniform(0, 1))
        cluster.start()
        self.crashes += 1

    def _end_connections(self) -> None:
        with psycopg.connect(self._dsn, autocommit=True) as connection:
            some = self._chance.choice((1, 1, 1, 5))
            self.connections_ended += len(connection.execute(_END_ONE, (some,)).fetchall())
