"""A PgQueuer worker with a handler that does nothing; see peer.py for what it is asked."""

import os

import asyncpg
import peer
from pgqueuer import PgQueuer


async def work(started, size):
    """Runs until cancelled. `size` is PgQueuer's batch size; the pool is asyncpg's default of ten connections."""
    async with asyncpg.create_pool(os.environ["PEER_URL"]) as pool:
        queue = PgQueuer.from_asyncpg_pool(pool)

        @queue.entrypoint("bench")
        async def bench(_job):
            started()

        await queue.run(batch_size=size)


if __name__ == "__main__":
    peer.main(work, default_size=10, left="SELECT count(*) FROM pgqueuer")
