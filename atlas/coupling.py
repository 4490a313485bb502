"""How strongly regions are coupled: measured rows where there are any, else a prior by distance.

The prior is ``exp(-d / 35 mm)``. Its form is the exponential distance rule of cortical wiring
(Ercsey-Ravasz et al. 2013, Neuron 80:184). As homologous regions of the two hemispheres are
coupled in spite of their distance (Salvador et al. 2005, Cereb Cortex 15:1332), ``d`` is the
shorter of the distances to the other region and to its mirror image. 35 mm is the least-squares
fit to the group functional connectivity of the Human Connectome Project on the Schaefer 200
parcels (ENIGMA toolbox; 27 to 45 mm with 400 to 100 parcels). It is weak knowledge: its rank
correlation with that connectivity is 0.28. Whoever has a matrix should store it.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray
from scipy.spatial.distance import cdist

from atlas.model import Region

LENGTH_MM = 35.0
PRIOR_CITATION = (
    "Ercsey-Ravasz et al. 2013, Neuron 80:184-197 (exponential distance rule); "
    "Salvador et al. 2005, Cereb Cortex 15:1332-1342 (homologous regions)"
)


@dataclass(frozen=True, slots=True)
class Coupling:
    """Coupling among regions.

    ``matrix`` is (n, n), symmetric, in [0, 1], with ones on the diagonal; ``measured`` and
    ``prior`` count the pairs of each kind; ``sources`` names where measured pairs came from.
    """

    regions: tuple[str, ...]
    matrix: NDArray[np.float64]
    measured: int
    prior: int
    sources: tuple[str, ...] = ()

    @property
    def basis(self) -> str:
        """One sentence on what the numbers rest on, for the plan."""
        if not self.measured + self.prior:
            return "no pairs"
        if not self.prior:
            return f"connectivity: {', '.join(self.sources)}"
        prior = f"prior by distance, exp(-d/{LENGTH_MM:g} mm), not measured ({PRIOR_CITATION})"
        if not self.measured:
            return prior
        return (
            f"{self.measured} pairs from connectivity ({', '.join(self.sources)}), "
            f"{self.prior} from a {prior}"
        )


def distance_prior(regions: Sequence[Region]) -> NDArray[np.float64]:
    """(n, n) prior in (0, 1] from the regions' centres, in any space whose midline is x = 0.

    >>> a = Region("s:1", "1", "left", "left", -30.0, 0.0, 0.0)
    >>> b = Region("s:2", "2", "right", "right", 30.0, 0.0, 0.0)
    >>> c = Region("s:3", "3", "back", "right", 30.0, -35.0, 0.0)
    >>> distance_prior([a, b, c]).round(2).tolist()
    [[1.0, 1.0, 0.37], [1.0, 1.0, 0.37], [0.37, 0.37, 1.0]]
    """
    centres = np.array([(r.x, r.y, r.z) for r in regions], dtype=np.float64).reshape(-1, 3)
    distance = np.minimum(cdist(centres, centres), cdist(centres, centres * (-1.0, 1.0, 1.0)))
    np.fill_diagonal(distance, 0.0)  # of a region to its own mirror image would be more
    matrix: NDArray[np.float64] = np.exp(-distance / LENGTH_MM)
    return matrix


def coupling_matrix(regions: Sequence[Region], rows: Iterable[Mapping[str, Any]] = ()) -> Coupling:
    """Couple regions by ``CONNECTS_TO`` rows, and by the prior where a pair has none.

    Args:
        regions: the regions, in the order of the matrix.
        rows: ``{a, b, kind, weight, source}``; functional rows go before structural ones (whose
            unit, a streamline count or its logarithm, is relative to the largest of the rows).
            Signs are dropped, as DESIGN's c_ab asks for ``|C|``; values over 1 (Fisher z) count
            as 1.
    """
    index = {region.id: i for i, region in enumerate(regions)}
    matrix = distance_prior(regions)
    pairs: dict[tuple[int, int], str] = {}
    usable = [row for row in rows if row["a"] in index and row["b"] in index]
    largest = max((abs(r["weight"]) for r in usable if r["kind"] == "structural"), default=0.0)
    for row in sorted(usable, key=lambda r: str(r["kind"]), reverse=True):  # functional last
        a, b = index[row["a"]], index[row["b"]]
        if a == b:
            continue
        weight = abs(float(row["weight"]))
        if row["kind"] == "structural":
            weight = weight / largest if largest else 0.0
        matrix[a, b] = matrix[b, a] = min(weight, 1.0)
        pairs[min(a, b), max(a, b)] = str(row["source"])
    total = len(regions) * (len(regions) - 1) // 2
    return Coupling(
        tuple(index), matrix, len(pairs), total - len(pairs), tuple(sorted(set(pairs.values())))
    )
