// purpose: Every atlas, with where it comes from and how many regions it has.
// mode: read
// columns: id, name, version, space, template, kind, licence, volume, supersedes, source, citation, accepted, n_regions

MATCH (a:Atlas)-[:FROM]->(s:Source)
RETURN a.id AS id, a.name AS name, a.version AS version, a.space AS space, a.template AS template,
       a.kind AS kind, a.licence AS licence,
       coalesce(a.volume, '') AS volume, coalesce(a.supersedes, '') AS supersedes,
       s.id AS source, s.citation AS citation, coalesce(s.accepted, []) AS accepted,
       COUNT { (a)<-[:PART_OF]-(:Region) } AS n_regions
ORDER BY id
