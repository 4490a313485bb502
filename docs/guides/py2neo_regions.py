"""Read and extend the graph with py2neo, as older lab scripts do.

Run it beside a Neo4j that Neuroweave has filled:
NEUROWEAVE_NEO4J_URI=bolt://127.0.0.1:7687 NEUROWEAVE_NEO4J_PASSWORD=… python py2neo_regions.py
"""

from __future__ import annotations

import os

from py2neo import Graph, Node, Relationship
from py2neo.matching import NodeMatcher

FUNCTION = "perception.vision.motion"


def main() -> None:
    """Connect, match, create, and take away again what was created."""
    graph = Graph(
        os.environ["NEUROWEAVE_NEO4J_URI"],
        auth=(
            os.environ.get("NEUROWEAVE_NEO4J_USER", "neo4j"),
            os.environ["NEUROWEAVE_NEO4J_PASSWORD"],
        ),
    )
    function = NodeMatcher(graph).match("Function", id=FUNCTION).first()
    print(function["name"])
    rows = graph.run(
        "MATCH (r:Region)-[l:HAS_FUNCTION]->(:Function {id: $id}) "
        "RETURN r.id AS id, l.weight AS weight ORDER BY weight DESC, id LIMIT 3",
        id=FUNCTION,
    )
    for row in rows:
        print(row["id"], row["weight"])

    # Labels and relationships of your own are safe; those of docs/graph-model.md belong to
    # Neuroweave, whose claims and history a direct write would pass by.
    note = Node("LabNote", text="look at this one again")
    graph.create(Relationship(note, "NOTES", function))
    print(graph.run("MATCH (n:LabNote)-[:NOTES]->(f) RETURN f.id AS id").evaluate())
    graph.run("MATCH (n:LabNote) DETACH DELETE n")


if __name__ == "__main__":
    main()
