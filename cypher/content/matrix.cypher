// purpose: The content of these evidence matrices (their numbers are files named by sha256).
// params: ids: LIST<STRING>
// mode: read
// columns: id, atlas, source, sha256, statistic, vocabulary, n_regions, n_functions, n_studies

UNWIND $ids AS id
MATCH (a:Atlas)<-[:OF]-(n:Matrix {id: id})-[:FROM]->(s:Source)
RETURN n.id AS id, a.id AS atlas, s.id AS source, n.sha256 AS sha256, n.statistic AS statistic,
       n.vocabulary AS vocabulary, n.n_regions AS n_regions, n.n_functions AS n_functions,
       n.n_studies AS n_studies
