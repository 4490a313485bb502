"""What people may try at ``POST /cypher``: each with its name, text, parameters and refusal.

``refused`` is part of the error that the first layer gives; where it is empty the statement is
none, or harmless, and may be refused or answered, but must change and stop nothing.
"""

# ruff: noqa: E501 - statements on one line each

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any


@dataclass(frozen=True)
class Attack:
    """What is tried, and a part of the reason that it is refused with."""

    name: str
    query: str
    refused: str = ""
    parameters: dict[str, Any] = field(default_factory=dict)
    writes: bool = False
    """It would write if the text were not looked at: the layers below must hold alone."""


def writing(name: str, query: str, refused: str, **parameters: object) -> Attack:
    return Attack(name, query, refused, parameters, writes=True)


def nested(depth: int) -> object:
    value: object = 1
    for _ in range(depth):
        value = [value]
    return value


WRITES = [
    writing("create", "CREATE (n:Evil)", "found CREATE"),
    writing("create after read", "MATCH (n) WITH n LIMIT 1 CREATE (m:Evil) RETURN m", "CREATE"),
    writing("insert", "INSERT (n:Evil)", "INSERT"),
    writing("merge", "MERGE (n:Evil {id: 'x'}) RETURN n", "MERGE"),
    writing("set", "MATCH (n) SET n.evil = 1", "SET"),
    writing("set all", "MATCH (n) SET n = {}", "SET"),
    writing("set label", "MATCH (n) SET n:Evil", "SET"),
    writing("remove", "MATCH (n) REMOVE n.name", "REMOVE"),
    writing("delete", "MATCH ()-[r]->() DELETE r", "DELETE"),
    writing("detach delete", "MATCH (n) DETACH DELETE n", "DETACH"),
    writing("nodetach", "MATCH (n:Evil) NODETACH DELETE n", "NODETACH"),
    writing("foreach", "MATCH (n) FOREACH (x IN [1] | SET n.evil = x)", "FOREACH"),
    writing("subquery", "MATCH (n) CALL (n) { SET n.evil = 1 } RETURN n", "SET"),
    writing("in transactions", "MATCH (n) CALL (n) { DETACH DELETE n } IN TRANSACTIONS", "DETACH"),
    writing("unit subquery", "CALL { CREATE (:Evil) } RETURN 1", "CREATE"),
    writing("union", "RETURN 1 AS x UNION CREATE (n:Evil) RETURN 1 AS x", "CREATE"),
    writing("behind a read plan", "MATCH (n) WHERE false SET n.evil = 1 RETURN n", "SET"),
    writing("case", "mAtCh (n) sEt n.evil = 1", "SET"),
    writing("comments for spaces", "MATCH (n)/**/SET/**/n.evil=1", "SET"),
    writing("line comment", "MATCH (n) // RETURN n\nSET n.evil = 1", "SET"),
    writing("glued to a number", "MATCH (n) WHERE 1=1SET n.evil = 1", "SET"),
    writing("glued to a string", "MATCH (n) WHERE 'a'='a'SET n.evil = 1", "SET"),
    writing("label position", "MATCH (n:A) DELETE n", "DELETE"),
    writing("backtick names", "MATCH (`n`:`Region`) SET `n`.`evil` = 1", "SET"),
    writing("two statements", "MATCH (n) RETURN n; MATCH (n) DETACH DELETE n", "one statement"),
    writing("unicode escape", "MATCH (n) \\u0053ET n.evil = 1", "escape"),
    writing("escape ends a string", "RETURN '\\u0027 SET n.evil = 1 //'", "escape"),
    writing("carriage return ends a comment", "MATCH (n) // \r ' \nSET n.evil = 1 //'", "U+000D"),
    writing("line separator", "MATCH (n) // \u2028SET n.evil = 1", "U+2028"),
    writing("next line", "MATCH (n) // \x85SET n.evil = 1", "U+0085"),
    writing("form feed", "MATCH (n)\x0cSET n.evil = 1", "U+000C"),
    writing("zero width space", "MATCH (n) SE\u200bT n.evil = 1", "U+200B"),
    writing("right to left", "MATCH (n) \u202eSET n.evil = 1", "U+202E"),
    writing("null byte", "MATCH (n) \x00SET n.evil = 1", "U+0000"),
    writing("nested comment", "MATCH (n) /* /* */ SET n.evil = 1 /* */ RETURN n", "/* in a"),
    writing("long s", "MATCH (n) \u017fET n.evil = 1", "SET"),
    writing("dynamic label", "MATCH (n) SET n:$(x)", "SET", x="Evil"),
    writing("alter in a string", "MATCH (n) WHERE n.id = 'a\\\\' SET n.x = '; ALTER'", "SET"),
    writing("profile", "PROFILE MATCH (n) DETACH DELETE n", "PROFILE"),
    writing("explain", "EXPLAIN CREATE (n:Evil)", "EXPLAIN"),
    writing("options", "CYPHER runtime=slotted CREATE (n:Evil)", "CYPHER"),
]

ADMINISTRATION = [
    *(
        Attack(query.lower(), query, "expected to begin with")
        for query in (
            "SHOW USERS",
            "SHOW TRANSACTIONS",
            "SHOW DATABASES",
            "TERMINATE TRANSACTIONS 'neo4j-transaction-1'",
            "CREATE CONSTRAINT evil FOR (n:Evil) REQUIRE n.id IS UNIQUE",
            "CREATE INDEX evil FOR (n:Evil) ON (n.id)",
            "DROP INDEX region_text",
            "DROP DATABASE neo4j",
            "CREATE USER eve SET PASSWORD 'x'",
            "ALTER CURRENT USER SET PASSWORD FROM 'a' TO 'b'",
            "GRANT ROLE admin TO eve",
            "USE system MATCH (n) RETURN n",
            "LOAD CSV FROM 'file:///etc/passwd' AS row RETURN row",
            "FINISH",
            # The embedded engine's other language, and what its server takes for commands.
            "SELECT FROM Region",
            "DELETE FROM Region",
            "TRAVERSE out() FROM Region",
            "ALTER DATABASE `arcadedb.command.timeout` 0",
            "IMPORT DATABASE file:///etc/passwd",
            "{sql} SELECT 1",
            ":param x => 1",
            "BEGIN",
            "COMMIT",
        )
    ),
    Attack(
        "load csv of a file", "WITH 1 AS x LOAD CSV FROM 'file:///etc/passwd' AS r RETURN r", "LOAD"
    ),
    Attack(
        "load csv by http", "WITH 1 AS x LOAD CSV FROM 'http://127.0.0.1' AS r RETURN r", "LOAD"
    ),
    Attack(
        "load csv by parameter", "WITH 1 AS x LOAD CSV FROM $u AS r RETURN r", "LOAD", {"u": "f"}
    ),
    Attack("use in a subquery", "CALL { USE system MATCH (n) RETURN n } RETURN n", "USE"),
    Attack("show behind call", "CALL { SHOW USERS } RETURN 1", "SHOW"),
]

PROCEDURES = [
    *(
        Attack(f"call {name}", f"CALL {name}({arguments})", f"CALL {name}")
        for name, arguments in (
            ("dbms.listConfig", ""),
            ("dbms.security.createUser", "'eve', 'x'"),
            ("dbms.components", ""),
            ("dbms.queryJmx", "'*:*'"),
            ("db.createLabel", "'Evil'"),
            ("db.createProperty", "'evil'"),
            ("db.index.fulltext.createNodeIndex", "'x', ['A'], ['b']"),
            ("db.clearQueryCaches", ""),
            ("apoc.cypher.runWrite", "'CREATE (n)', {}"),
            ("apoc.load.json", "'file:///etc/passwd'"),
            ("tx.setMetaData", "{}"),
            ("algo.pagerank", ""),
        )
    ),
    Attack("yield trick", "CALL dbms.listConfig YIELD name RETURN name", "CALL dbms.listConfig"),
    Attack(
        "second call",
        "CALL db.labels() YIELD label CALL dbms.components() YIELD name RETURN 1",
        "dbms",
    ),
    Attack("backtick call", "CALL `dbms`.`listConfig`()", "CALL `dbms`"),
    Attack("spaced call", "CALL dbms . /* */ listConfig ()", "CALL dbms.listConfig"),
    Attack("optional call", "OPTIONAL CALL dbms.components() YIELD name RETURN name", "CALL dbms"),
    Attack("function", "RETURN apoc.util.sleep(100000)", "apoc.util.sleep"),
    Attack("backtick function", "RETURN `apoc`.util.sleep(100000)", "apoc"),
    Attack("dynamic match label", "MATCH (n:$(x)) RETURN n", "$(", {"x": "Region"}),
    Attack("any of some labels", "MATCH (n:$any(['Region'])) RETURN n", "$("),
    Attack("all of some labels", "MATCH ()-[r:$all($x)]->() RETURN r", "$(", {"x": ["FROM"]}),
]

COSTS = [
    Attack("1 MB", "RETURN '" + "x" * 2**20 + "'", "characters"),
    Attack("deep parentheses", "RETURN " + "(" * 5000 + "1" + ")" * 5000, "levels"),
    Attack("deep lists", "RETURN " + "[" * 3000 + "1" + "]" * 3000, "levels"),
    Attack("deep maps", "RETURN " + "{a:" * 3000 + "1" + "}" * 3000, "levels"),
    Attack("deep case", "RETURN " + "CASE WHEN true THEN " * 60 + "1" + " END" * 60, "levels"),
    Attack("deep subqueries", "CALL {" * 60 + "RETURN 1 AS x" + "} RETURN x" * 60, "levels"),
    Attack(
        "deep exists",
        "MATCH (a) WHERE " + "EXISTS {MATCH (a) WHERE " * 60 + "true" + "}" * 60,
        "levels",
    ),
    Attack("regex groups", "RETURN 'aaaa' =~ '(a+)+b'", "pattern"),
    Attack("regex back references", "RETURN 'aaaa' =~ '(.*)(a)\\\\1b'", "pattern"),
    Attack("regex stars", "RETURN 'aaaa' =~ '.*.*.*.*.*x'", "pattern"),
    Attack("regex parameter", "RETURN 'aaaa' =~ $p", "pattern", {"p": "(a|a)*b"}),
    Attack("regex options", "RETURN 'aaaa' =~ $p", "pattern", {"p": "a?" * 50 + "a" * 50}),
    Attack("regex branches", "RETURN 'aaaa' =~ $p", "pattern", {"p": "(a|a)" * 39 + "b"}),
    Attack("regex spans", "RETURN 'aaaa' =~ $p", "pattern", {"p": "a{0,99}" * 20}),
    Attack("regex of data", "MATCH (n) RETURN n.name =~ (n.name + n.name)", "expression"),
    Attack("regex joined", "RETURN 'a' =~ '(a' + '+)+b'", "expression"),
    Attack("range", "RETURN [x IN range(1, 1000000000) WHERE x < 0]", "range()"),
    Attack("range by parameter", "RETURN size(range(1, $n))", "range()", {"n": 10**9}),
    Attack(
        "range by variable",
        "WITH 1000000000 AS n RETURN reduce(s = 0, x IN range(1, n) | s + x)",
        "range()",
    ),
    Attack("range by product", "RETURN size([x IN range(1, 9999 * 99999) WHERE x < 0])", "range()"),
    Attack("range by power", "RETURN size([x IN range(1, 10 ^ 9) WHERE x < 0])", "range()"),
    Attack("range by function", "RETURN [x IN range(1, toInteger('1000000000')) | 0]", "range()"),
    Attack("unwound sum", "UNWIND range(1, 1000000000) + [1] AS x RETURN x", "range()"),
    Attack(
        "long text in a loop",
        "RETURN size([x IN range(1, 10000) WHERE toUpper($t[0]) = 'b'])",
        "beside a loop",
        {"t": ["a" * 20_000] * 10},
    ),
    Attack(
        "list in a loop",
        "RETURN size([x IN $a WHERE x IN reverse($b)])",
        "beside a loop",
        {"a": list(range(40_000)), "b": list(range(40_000))},
    ),
    Attack(
        "loop in a loop",
        "RETURN [x IN $a WHERE any(y IN $a WHERE y < x)]",
        "loop inside",
        {"a": [1]},
    ),
    Attack(
        "reduce in reduce",
        "RETURN reduce(s=0, x IN $a | s + reduce(t=0, y IN $a | t + y))",
        "loop",
        {"a": [1]},
    ),
    Attack("doubling text", "RETURN reduce(s = 'x', i IN range(1, 40) | s + s)", "double"),
    Attack("doubling list", "RETURN reduce(s = [1], i IN range(1, 40) | s + s)", "double"),
    Attack(
        "doubling by replace",
        "RETURN reduce(s='a', i IN range(1,40) | replace(s,'a','aa'))",
        "double",
    ),
    Attack("result tree", "RETURN reduce(s = 1, i IN range(1, 40) | [s, s])", "double"),
    Attack("map bomb", "RETURN reduce(s = {}, i IN range(1, 40) | {a: s, b: s})", "double"),
    Attack("lists in lists", "WITH [1] AS s " + "WITH [s, s] AS s " * 40 + "RETURN s", "double"),
    Attack(
        "maps in maps, by turns",
        "WITH {a: 1} AS a " + "WITH {b: a, c: a} AS b WITH {b: b, c: b} AS a " * 20 + "RETURN a",
        "double",
    ),
    Attack("text and text", "WITH 'x' AS s " + "WITH s + s AS s " * 40 + "RETURN s", "double"),
    Attack("shortest paths", "MATCH p = ANY SHORTEST (a)-[:FROM]-+(b) RETURN p", "SHORTEST"),
    Attack("long text", "RETURN toInteger($t)", "characters", {"t": "1" * 1_000_000}),
    Attack("many parameters", "RETURN $p", "parameters", {"p": [1] * 200_000}),
    Attack("100 MB parameter", "RETURN size($p)", "parameters", {"p": "x" * 100_000_000}),
    Attack("deep parameter", "RETURN $p", "parameters", {"p": nested(500)}),
    Attack("nan", "RETURN $p", "finite", {"p": float("nan")}),
    Attack("infinity", "RETURN $p", "finite", {"p": [float("inf")]}),
    Attack("integer overflow", "RETURN $p", "64 bits", {"p": 2**63}),
    Attack(
        "lucene nesting",
        "CALL db.index.fulltext.queryNodes('region_text', $q) YIELD node RETURN node",
        "search",
        {"q": "(" * 3000 + "a" + ")" * 3000},
    ),
    Attack(
        "lucene automaton",
        "CALL db.index.fulltext.queryNodes('region_text', $q) YIELD node RETURN node",
        "search",
        {"q": "/(a|aa)*(b|bb)*.*.*(x+x+)+y/"},
    ),
    Attack(
        "lucene fuzz",
        "CALL db.index.fulltext.queryNodes('region_text', $q) YIELD node RETURN node",
        "search",
        {"q": " ".join(f"a{i}~2" for i in range(500))},
    ),
    Attack("long not", "RETURN " + "NOT " * 4000 + "true", "words"),
    Attack("long sum", "RETURN " + "+".join("1" * 5000), "words"),
    Attack("long or", "MATCH (n) WHERE " + " OR ".join(["n.x=1"] * 1500) + " RETURN n", "words"),
    Attack("many clauses", "WITH 1 AS x " * 1500 + "RETURN x", "words"),
    Attack("wide case", "RETURN [" + ",".join(["CASE WHEN 1=1 THEN 1 END"] * 500) + "]", "words"),
    Attack(
        "search by an expression",
        "CALL db.index.fulltext.queryNodes('region_text', 'a' + 'b') YIELD node RETURN node",
        "search",
    ),
]

HARMLESS = [
    Attack("parameter that is cypher", "RETURN $p", "", {"p": "' SET n.evil = 1 //"}),
    Attack(
        "parameter in a property", "MATCH (n {id: $p}) RETURN n", "", {"p": "x'}) DETACH DELETE n"}
    ),
    Attack("words in a string", "RETURN 'CREATE (n:Evil)'", ""),
    Attack("cyrillic s", "MATCH (n) \u0405ET n.evil = 1", ""),
    Attack("full width", "MATCH (n) \uff33ET n.evil = 1", ""),
    Attack("absurd date", "RETURN date('+999999999-01-01') + duration('P999999999Y')", ""),
    Attack("absurd point", "RETURN point({x: 1e308, y: -1e308, z: 1e308, crs: 'nothing'})", ""),
    Attack("absurd numbers", "RETURN 9223372036854775807 + 1, 1e308 * 10, 0.0 / 0.0, 1 / 0", ""),
    Attack("huge literal", "RETURN " + "9" * 10_000, ""),
    Attack("system property", "MATCH (n) RETURN n.password, n.`@rid`, n.`@type` LIMIT 1", ""),
]

ENDLESS = {
    "cartesian product": "MATCH (a), (b), (c), (d), (e) WHERE a.id + b.id + c.id + d.id + e.id = 'x' RETURN count(*)",
    "rows of rows": "UNWIND range(1, 3000) AS a UNWIND range(1, 3000) AS b UNWIND range(1, 3000) AS c WITH a, b, c WHERE a + b + c = -1 RETURN count(*)",
    "unbounded path": "MATCH p = (:Knot {n: 1})-[*]-(:Knot {n: 2}) WHERE length(p) < 0 RETURN p",
    "quantified path": "MATCH (a:Knot) ((x)--(y)){1,40} (b:Knot) RETURN count(*)",
    "counted paths": "MATCH (a:Knot) RETURN COUNT { (a)-[*1..14]-(b) }",
    "subquery a row": "UNWIND range(1, 100000) AS i CALL (i) { UNWIND range(1, 100000) AS j RETURN sum(j) AS s } RETURN sum(s)",
    "pattern comprehension": "MATCH (a:Knot) RETURN size([(a)-[*1..12]-(b) | b.n])",
}
"""Allowed to begin, and long: the time limit ends them."""

LARGE = {
    "lists of lists": "RETURN [x IN range(1, 10000) | [" + ", ".join(["[x, x]"] * 300) + "]]",
    "maps of maps": "RETURN [x IN range(1, 10000) | {"
    + ", ".join(f"k{n}: x" for n in range(400))
    + "}]",
    "a long row": "RETURN [x IN range(1, 10000) | '" + "x" * 10_000 + "']",
    "long rows": "UNWIND range(1, 5000) AS x RETURN '" + "x" * 19_000 + "' AS s",
}
"""Quickly made and of a few words; as values of Python they would take minutes and gigabytes."""

STUBBORN = {
    "reduce in reduce": "RETURN reduce(s=0, x IN range(1,30000) | s + reduce(t=0, y IN range(1,30000) | t + y % 7))",
    "loop in a loop": "RETURN size([x IN range(1,30000) | size([y IN range(1,30000) WHERE y < 0])])",
}
"""The guard refuses them; the embedded server must be able to end them even so."""

GREEDY = {
    "text": "RETURN size(reduce(s='xxxxxxxx', x IN range(1,40) | s + s))",
    "list": "RETURN size(reduce(s=[1, 2], x IN range(1,40) | s + s))",
    "replace": "RETURN size(reduce(s='aa', x IN range(1,40) | replace(s, 'a', 'aaaa')))",
}
"""The guard refuses them; the embedded server must outlive them even so."""

REFUSED = [*WRITES, *ADMINISTRATION, *PROCEDURES, *COSTS]
