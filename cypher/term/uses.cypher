// purpose: What models and checkpoints name of the dictionaries, and how many do.
// mode: read
// columns: dictionary, name, uses

MATCH (n:Model)
WHERE n.category <> ''
RETURN 'category' AS dictionary, n.category AS name, count(*) AS uses
UNION ALL
MATCH (n:Checkpoint)
WHERE n.optimizer <> ''
RETURN 'optimizer' AS dictionary, n.optimizer AS name, count(*) AS uses
UNION ALL
MATCH (n:Checkpoint)
WHERE n.platform <> ''
RETURN 'platform' AS dictionary, n.platform AS name, count(*) AS uses
