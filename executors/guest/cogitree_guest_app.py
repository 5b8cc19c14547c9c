"""The entry point that componentize-py takes the snapshot of."""

import sys

import wit_world

from cogitree_guest import library

library.take_in()

# The harness keeps its own copies of what it needs, so it comes before what is replaced.
from cogitree_guest import alarms, answers, program, refusals, stand_ins, streams, warmth  # noqa: E402

library.close()
alarms.install()
stand_ins.install()
refusals.install()
streams.install()
run = program.run


class WitWorld(wit_world.WitWorld):
    def run(self, job: str) -> None:
        run(job)


warmth.warm(40)
for name in [n for n in sys.modules if n.startswith(("cogitree_guest", "wit_world"))]:
    if name != __name__:
        del sys.modules[name]
answers.known.update(answers.ids_of_all_types())
KEPT = warmth.settle()
