// purpose: Names of the indexes and constraints that exist (an index that a constraint owns goes
// by the constraint's name).
// mode: read
// columns: name

SHOW INDEXES YIELD name, type, owningConstraint
WHERE type <> 'LOOKUP'
RETURN coalesce(owningConstraint, name) AS name
ORDER BY name
