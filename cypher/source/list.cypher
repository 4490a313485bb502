// purpose: Every source, with how many claims come from it.
// mode: read
// columns: id, name, version, licence, citation, url, sha256, n_claims

MATCH (s:Source)
RETURN s.id AS id, s.name AS name, s.version AS version, s.licence AS licence,
       s.citation AS citation, s.url AS url, s.sha256 AS sha256,
       COUNT { (s)<-[:FROM]-(:Claim) } AS n_claims
ORDER BY id
