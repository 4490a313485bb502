// purpose: Stored overlaps of two atlases or of one region of the first, in either direction;
// outgoing says whether a is where the relationship starts.
// params: atlas: STRING, other: STRING, region: STRING?
// mode: read
// columns: a, a_name, b, b_name, dice, inside, contains, qualification, outgoing

MATCH (:Atlas {id: $atlas})<-[:PART_OF]-(p:Region)-[o:OVERLAPS]-(q:Region)-[:PART_OF]->(:Atlas {id: $other})
WHERE $region IS NULL OR p.id = $region
RETURN p.id AS a, p.name AS a_name, q.id AS b, q.name AS b_name, o.dice AS dice,
       o.inside AS inside, o.contains AS contains, o.qualification AS qualification,
       startNode(o) = p AS outgoing
ORDER BY a, dice DESC, b
