// purpose: The files that the graph refers to: weights of checkpoints and heads of compositions.
// mode: read
// columns: sha256, bytes

MATCH (n)
WHERE n:Checkpoint OR (n:Composition AND n.weights_sha256 IS NOT NULL)
WITH coalesce(n.weights_sha256, n.id) AS sha256, n.bytes AS bytes
RETURN sha256, max(bytes) AS bytes
ORDER BY sha256
