// purpose: How many nodes of each label there are.
// mode: read
// columns: label, n

MATCH (n)
UNWIND labels(n) AS label
RETURN label, count(*) AS n
ORDER BY label
