"""Routers, one noun a file."""

from __future__ import annotations

from api.routes import (
    activations,
    analysis,
    areas,
    atlases,
    checkpoints,
    claims,
    clusters,
    compositions,
    cypher,
    datasets,
    functions,
    health,
    jobs,
    links,
    locate,
    models,
    plans,
    regions,
    revisions,
    scenarios,
)

ROUTERS = (
    health.router,
    atlases.router,
    analysis.router,
    regions.router,
    functions.router,
    areas.router,
    links.router,
    claims.router,
    locate.router,
    activations.router,
    clusters.router,
    plans.router,
    jobs.router,
    models.router,
    checkpoints.router,
    compositions.router,
    scenarios.router,
    datasets.router,
    revisions.router,
    cypher.router,
)
