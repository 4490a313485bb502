// purpose: Every overlap of regions across atlases, once.
// mode: read
// columns: a, b, dice, inside, contains, qualification

MATCH (a:Region)-[o:OVERLAPS]->(b:Region)
RETURN a.id AS a, b.id AS b, o.dice AS dice, o.inside AS inside, o.contains AS contains,
       o.qualification AS qualification
