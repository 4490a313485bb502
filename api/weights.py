"""Weights as files: addressed by content, so they never change under their name."""

from __future__ import annotations

from typing import Any

from fastapi import Response

from api.attachment import File
from api.config import ApiConfig
from atlas.errors import NotFound

MEDIA_TYPE = "application/vnd.safetensors"
SAFETENSORS: dict[int | str, dict[str, Any]] = {
    200: {"content": {MEDIA_TYPE: {"schema": {"type": "string", "format": "binary"}}}}
}


def weights_file(config: ApiConfig, sha256: str) -> Response:
    """Answer with the file of these weights.

    Raises:
        NotFound: the weights are not on this machine.
    """
    # The checkpoint store brings torch; no other route needs it.
    from composer.checkpoints import CheckpointStore

    path = CheckpointStore.at(config.home).path(sha256)
    if not path.is_file():
        raise NotFound("checkpoint", found=sha256, expected="weights that this server keeps")
    headers = {"ETag": f'"{sha256}"', "Cache-Control": "private, max-age=31536000, immutable"}
    return File(
        path,
        media_type=MEDIA_TYPE,
        filename=f"{sha256}.safetensors",
        headers=headers,
        stat_result=path.stat(),
    )
