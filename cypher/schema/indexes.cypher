// purpose: Names of the indexes and constraints that exist (the embedded engine lists a
// constraint's index under another name than the constraint itself).
// mode: read
// columns: name

SHOW INDEXES YIELD name, owningConstraint
RETURN coalesce(owningConstraint, name) AS name
