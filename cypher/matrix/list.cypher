// purpose: Evidence matrices of an atlas, a source, both or any (null); functions before terms.
// params: atlas: STRING?, source: STRING?
// mode: read
// columns: id, atlas, source, sha256, statistic, vocabulary, n_regions, n_functions, n_studies

MATCH (a:Atlas)<-[:OF]-(n:Matrix)-[:FROM]->(s:Source)
WHERE ($atlas IS NULL OR a.id = $atlas) AND ($source IS NULL OR s.id = $source)
RETURN n.id AS id, a.id AS atlas, s.id AS source, n.sha256 AS sha256, n.statistic AS statistic,
       n.vocabulary AS vocabulary, n.n_regions AS n_regions, n.n_functions AS n_functions,
       n.n_studies AS n_studies
ORDER BY atlas, vocabulary, id
