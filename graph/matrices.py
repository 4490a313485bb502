"""Evidence matrices: the numbers in files of the data directory, their origin in the graph."""

from __future__ import annotations

from atlas.errors import InvalidInput
from atlas.matrix import EvidenceMatrix
from atlas.matrix_store import MatrixStore
from atlas.model import Source
from graph import changes, revisions, sources
from graph.changes import PutReport
from graph.clock import now
from graph.store import Row, Store, Tx


def put(
    store: Store, matrix: EvidenceMatrix, source: Source, *, by: str, reason: str = ""
) -> PutReport:
    """Keep the matrix of one source about one atlas; it replaces a former one of the two.

    The file is written first: a failed transaction leaves at most a file nobody refers to.

    Raises:
        InvalidInput: the matrix names another source.
        NotFound: the atlas is not in the graph.
    """
    if matrix.source != source.id:
        raise InvalidInput("matrix source", found=matrix.source, expected=source.id)
    row = _row(matrix, MatrixStore.at(store.config.home).save(matrix))

    def work(tx: Tx) -> PutReport:
        revisions.hold(tx)
        difference = changes.compare(tx, "matrix", [row])
        origin = changes.compare(tx, "source", [sources.row(source)])
        if not difference.fresh and not origin.fresh:
            return difference.report
        changes.require(tx, "atlas", {matrix.atlas}, "matrix atlas")
        at = now()
        detail = {"source": source.id, "atlas": matrix.atlas}
        seq = revisions.append(tx, by=by, action="put matrix", at=at, reason=reason, detail=detail)
        changes.write(tx, "source", origin, seq, at)
        changes.write(tx, "matrix", difference, seq, at)
        return difference.report

    return store.transaction(work)


def get(store: Store, atlas: str, source: str | None = None) -> EvidenceMatrix | None:
    """The matrix of an atlas, of the named source or the first there is (functions before terms).

    Raises:
        Unavailable: the graph knows one, but this data directory has lost its file.
    """
    rows = list_matrices(store, atlas=atlas, source=source)
    return MatrixStore.at(store.config.home).load(rows[0]["sha256"]) if rows else None


def list_matrices(
    store: Store, *, atlas: str | None = None, source: str | None = None
) -> list[Row]:
    """Matrices of an atlas, a source, both or any (None).

    Rows: id, atlas, source, sha256, statistic, vocabulary, n_regions, n_functions, n_studies.
    """
    return store.read("matrix/list", atlas=atlas, source=source)


def _row(matrix: EvidenceMatrix, sha256: str) -> Row:
    return {
        "id": f"{matrix.source}:{matrix.atlas}",
        "atlas": matrix.atlas,
        "source": matrix.source,
        "sha256": sha256,
        "statistic": matrix.statistic,
        "vocabulary": matrix.vocabulary,
        "n_regions": len(matrix.regions),
        "n_functions": len(matrix.functions),
        "n_studies": matrix.n_studies,
    }
