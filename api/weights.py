"""Weights as files: addressed by content, so they never change under their name."""

from __future__ import annotations

from typing import Any

from fastapi import Response

from api.attachment import File
from api.config import ApiConfig
from composer.checkpoints import CheckpointStore

MEDIA_TYPE = "application/vnd.safetensors"
SAFETENSORS: dict[int | str, dict[str, Any]] = {
    200: {"content": {MEDIA_TYPE: {"schema": {"type": "string", "format": "binary"}}}}
}


def weights_file(config: ApiConfig, sha256: str) -> Response:
    """Answer with the file of these weights.

    Raises:
        NotFound: the weights are not on this machine.
    """
    path = CheckpointStore.at(config.home).path(sha256)
    headers = {"ETag": f'"{sha256}"', "Cache-Control": "private, max-age=31536000, immutable"}
    return File(
        path,
        media_type=MEDIA_TYPE,
        filename=f"{sha256}.safetensors",
        headers=headers,
        stat_result=path.stat(),
    )
