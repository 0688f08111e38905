"""A Procrastinate worker with a handler that does nothing; see peer.py for what it is asked."""

import os

import peer
import procrastinate


async def work(started, size):
    """Runs until cancelled. `size` is Procrastinate's concurrency."""
    app = procrastinate.App(connector=procrastinate.PsycopgConnector(conninfo=os.environ["PEER_URL"]))

    @app.task(name="bench", queue="bench")
    async def bench():
        started()

    async with app.open_async():
        await app.run_worker_async(concurrency=size, install_signal_handlers=False)


if __name__ == "__main__":
    peer.main(
        work, default_size=50,
        left="SELECT count(*) FROM procrastinate_jobs WHERE status IN ('todo', 'doing')")
