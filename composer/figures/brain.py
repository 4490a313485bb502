"""Brains: a map or the weights of regions in glass, and slices with outlines of regions."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import NDArray

from atlas.decode.thresholds import Sign
from atlas.geometry import parcellation
from atlas.model import Atlas
from atlas.spaces import MNI, affine_between
from atlas.volumes import Volume
from composer.figures.canvas import Format, render

if TYPE_CHECKING:
    from matplotlib.figure import Figure

SIZE = (9.0, 3.2)
OUTLINED = 12
"""So many leading regions are outlined."""

_SPECK = 1e-6
"""Voxels under the threshold are zero by now; they stay clear."""


def glass_map(
    volume: Volume, *, space: str, threshold: float, sign: Sign, format: Format = "png"
) -> bytes:
    """Draw a statistical map as maximum projections through a glass brain (nilearn).

    Args:
        volume: the map.
        space: named space of the map; the outline is that of MNI152.
        threshold: values that do not exceed it are not drawn.
        sign: the side that is drawn.
        format: ``png`` or ``svg``.
    """
    image = _image(_one_side(volume, sign, threshold), space)

    def draw(figure: Figure) -> None:
        from nilearn.plotting import plot_glass_brain

        plot_glass_brain(
            image,
            display_mode="lyrz",
            figure=figure,
            threshold=_SPECK,
            plot_abs=False,
            cmap="RdBu_r",
            symmetric_cbar=True,
        )

    return render(draw, size=SIZE, format=format)


def outlined_map(
    volume: Volume,
    atlas: Atlas,
    weights: Mapping[str, float],
    *,
    space: str,
    threshold: float,
    sign: Sign,
    format: Format = "png",
) -> bytes:
    """Draw slices of a map over MNI152 with the outlines of the strongest regions.

    Args:
        volume: the map.
        atlas: the atlas of the regions.
        weights: ``{region id: weight}``; the strongest :data:`OUTLINED` are outlined.
        space: named space of the map.
        threshold: see :func:`glass_map`.
        sign: see :func:`glass_map`.
        format: ``png`` or ``svg``.
    """
    image = _image(_one_side(volume, sign, threshold), space)
    leading = sorted(weights, key=lambda region: (-weights[region], region))[:OUTLINED]
    affine = affine_between(space, atlas.space) @ volume.affine
    regions = _painted(atlas, dict.fromkeys(leading, 1.0), affine, _three(volume.data.shape))

    def draw(figure: Figure) -> None:
        from nilearn.plotting import plot_stat_map

        display = plot_stat_map(
            image, figure=figure, draw_cross=False, cmap="RdBu_r", symmetric_cbar=True
        )
        if regions.data.any():
            display.add_contours(
                _image(regions, atlas.space), levels=[0.5], colors=["black"], linewidths=[0.8]
            )

    return render(draw, size=SIZE, format=format)


def glass_regions(atlas: Atlas, weights: Mapping[str, float], format: Format = "png") -> bytes:
    """Draw the weights of regions in a glass brain: voxels, or spheres at their centres.

    Args:
        atlas: the atlas.
        weights: ``{region id: weight}``; other regions are not drawn.
        format: ``png`` or ``svg``.
    """
    if atlas.kind == "spheres":
        return render(lambda figure: _spheres(figure, atlas, weights), size=SIZE, format=format)
    affine, shape = _TWO_MM
    painted = _painted(atlas, weights, affine_between(MNI, atlas.space) @ affine, shape)
    image = _image(painted, atlas.space)

    def draw(figure: Figure) -> None:
        from nilearn.plotting import plot_glass_brain

        plot_glass_brain(
            image,
            display_mode="lyrz",
            figure=figure,
            threshold=_SPECK,
            cmap="inferno_r",
            vmin=0,
            resampling_interpolation="nearest",
        )

    return render(draw, size=SIZE, format=format)


_TWO_MM = (
    np.array([[2.0, 0, 0, -90], [0, 2.0, 0, -126], [0, 0, 2.0, -72], [0, 0, 0, 1.0]]),
    (91, 109, 91),
)
"""A grid over the whole MNI152 head, for atlases that leave the grid to the map."""


def _spheres(figure: Figure, atlas: Atlas, weights: Mapping[str, float]) -> None:
    from nilearn.plotting import plot_glass_brain

    known = {region.id: region for region in atlas.regions}
    rows = sorted((weight, id) for id, weight in weights.items())  # the strongest lie on top
    to_mni = affine_between(atlas.space, MNI)
    display = plot_glass_brain(None, display_mode="lyrz", figure=figure)
    if not rows:
        return
    xyz = np.array([(known[id].x, known[id].y, known[id].z) for _, id in rows])
    import matplotlib

    shades = matplotlib.colormaps["inferno_r"](np.array([0.15 + 0.75 * w for w, _ in rows]))
    size = [15 + 10 * (known[id].radius_mm or 5.0) * w for w, id in rows]
    display.add_markers(
        xyz @ to_mni[:3, :3].T + to_mni[:3, 3], marker_color=list(shades), marker_size=size
    )


def _painted(
    atlas: Atlas,
    weights: Mapping[str, float],
    affine: NDArray[np.float64],
    shape: tuple[int, int, int],
) -> Volume:
    """Weights of regions as voxels of the grid that the atlas is judged on."""
    geometry = parcellation(atlas)
    affine, shape = geometry.grid(affine, shape)
    members = geometry.on_grid(affine, shape)
    values = np.array([weights.get(region.id, 0.0) for region in atlas.regions], np.float32)
    data = np.zeros(shape, dtype=np.float32)
    data[tuple(members.voxels.T)] = values[members.regions]
    return Volume(data, affine)


def _one_side(volume: Volume, sign: Sign, threshold: float) -> Volume:
    data = np.nan_to_num(volume.data.astype(np.float32))
    keep = {
        "positive": data > threshold,
        "negative": data < -threshold,
        "both": np.abs(data) > threshold,
    }[sign]
    return Volume(np.where(keep, data, np.float32(0)), volume.affine)


def _image(volume: Volume, space: str) -> Any:  # noqa: ANN401 - nibabel has no types
    from nibabel.nifti1 import Nifti1Image

    make: Any = Nifti1Image
    return make(volume.data, affine_between(space, MNI) @ volume.affine)


def _three(shape: tuple[int, ...]) -> tuple[int, int, int]:
    return shape[0], shape[1], shape[2]
