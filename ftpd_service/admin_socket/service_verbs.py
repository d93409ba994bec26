"""The verbs about the service as a whole: status, reload, drain and upgrade."""

from __future__ import annotations

import os

import ftpd_service
from ftpd_service.admin_socket.asked import NotDone
from ftpd_service.admin_socket.session_rows import told_time
from ftpd_service.admin_socket.task import Task
from ftpd_service.running_service import CannotUpgrade, ServiceState


async def status(task: Task) -> object:
    """Return the state of the process."""
    parts = task.parts
    health = parts.health
    return {
        "pid": os.getpid(),
        "version": ftpd_service.__version__,
        "state": parts.service.state.value,
        "started": told_time(parts.service.started),
        "uptime": round(max(parts.now() - parts.service.started, 0.0), 3),
        "sessions": len(parts.sessions),
        "transfers": parts.transfers(),
        "reactor_delay": round(health.delay.current, 4),
        "reactor_delay_worst": round(health.delay.worst, 4),
        "pool": {
            name: {
                "threads": lane.threads,
                "busy": lane.busy,
                "waiting": lane.waiting,
                "oldest_wait": round(lane.oldest_seconds, 3),
            }
            for name, lane in health.lanes().items()
        },
        "problems": list(health.problems()),
    }


async def reload(task: Task) -> object:
    """Reload the configuration, or try to; the result has the differences, or the mistakes."""
    dry_run = task.asked.get("dry_run", bool) or False
    result = await task.parts.service.reload(dry_run=dry_run)
    done = "tried" if dry_run else "done"
    await task.tell(f"refused: {len(result.mistakes)} mistakes" if result.mistakes else done)
    return {"applied": result.applied, "differences": list(result.differences), "mistakes": list(result.mistakes)}


async def upgrade(task: Task) -> object:
    """Have a new process replace this process, and return its id once the new process serves.

    :raises NotDone: this process serves as before; the text says why.
    """
    try:
        process_id = await task.parts.service.upgrade()
    except CannotUpgrade as problem:
        raise NotDone(str(problem)) from problem
    await task.tell(f"done: process {process_id} serves")
    return {"pid": process_id, "former_pid": os.getpid(), "sessions": len(task.parts.sessions)}


async def drain(task: Task) -> object:
    """Begin a drain, and return how many sessions and transfers there are still.

    :raises NotDone: the service has not started.
    """
    parts = task.parts
    if parts.service.state is ServiceState.STARTING:
        raise NotDone("the service has not started yet")
    parts.service.drain(keep_listening=task.asked.get("keep_listening", bool) or False)
    await task.tell()
    return {"state": parts.service.state.value, "sessions": len(parts.sessions), "transfers": parts.transfers()}
