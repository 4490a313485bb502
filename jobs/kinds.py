"""What can be submitted: kind of job → the function that runs it, as ``module:function``.

The function is called ``function(context, payload)`` with a :class:`jobs.context.JobContext` and
the submitted payload, in a process of its own, and returns a JSON-able dict.
"""

from __future__ import annotations

KINDS: dict[str, str] = {
    "build": "jobs.build:run",
    "claims": "jobs.claims:run",
    "ingest": "jobs.ingest:run",
    "release": "jobs.release:run",
}
