// purpose: How regions of two atlases overlap; inside is the share of the first in the second.
// params: rows: LIST<MAP>
// keys: rows.a, rows.b
// mode: write
// columns:

UNWIND $rows AS row
MATCH (a:Region {id: row.a}), (b:Region {id: row.b})
MERGE (a)-[o:OVERLAPS]->(b)
SET o.dice = row.dice, o.inside = row.inside, o.contains = row.contains,
    o.qualification = row.qualification
