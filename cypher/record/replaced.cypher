// purpose: What others have replaced, after a rename, a merge or a split: by which ids.
// mode: read
// columns: noun, id, replaced_by

MATCH (n:Function)
WHERE n.replaced_by IS NOT NULL
RETURN 'function' AS noun, n.id AS id, n.replaced_by AS replaced_by
UNION ALL
MATCH (n:Area)
WHERE n.replaced_by IS NOT NULL
RETURN 'area' AS noun, n.id AS id, n.replaced_by AS replaced_by
UNION ALL
MATCH (n:Dataset)
WHERE n.replaced_by IS NOT NULL
RETURN 'dataset' AS noun, n.id AS id, n.replaced_by AS replaced_by
UNION ALL
MATCH (n:Term)
WHERE n.replaced_by IS NOT NULL
RETURN 'term' AS noun, n.id AS id, n.replaced_by AS replaced_by
