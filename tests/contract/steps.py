"""A small life of a graph, statement by statement: every named query with fixed parameters."""

from __future__ import annotations

from typing import Any

from graph.content import NOUNS

AT = "2026-01-02T03:04:05.678Z"
LATER = "2026-02-03T04:05:06.789Z"
PEAK = '[{"x": 1.0}]'
BEFORE = '{"id": "c3", "weight": 1.0}'

Step = tuple[str, dict[str, Any]]


def _region(number: int, x: float, network: str) -> dict[str, Any]:
    return {
        "id": f"a:{number}",
        "atlas": "a",
        "label": str(number),
        "ordinal": number,
        "name": f"Cortex {number} left",
        "abbreviation": f"C{number}",
        "hemisphere": "left",
        "x": x,
        "y": 0.5,
        "z": -2.0,
        "volume_mm3": 81.0,
        "radius_mm": None if number == 3 else 4.0,
        "network": network,
        "parent": "a:1" if number == 2 else "",
        "centroid": [x, 0.5, -2.0],
        "bounds": None,
        "surface_mm2": None if number == 3 else 96.0,
        "digest": f"r{number}",
    }


def _claim(id: str, region: str, function: str, source: str, weight: float) -> dict[str, Any]:
    return {
        "id": id,
        "region": region,
        "function": function,
        "source": source,
        "status": "accepted",
        "statistic": "z",
        "value": 4.5,
        "q": 0.01,
        "lower": 0.3,
        "n_studies": 12,
        "weight": weight,
        "inference": "forward",
        "rationale": "",
        "citation": "",
        "both": 12,
        "region_only": 30,
        "function_only": 40,
        "neither": 900,
        "digest": id,
        "tie": True,
    }


def _source(id: str) -> dict[str, Any]:
    keys = ("name", "version", "licence", "citation", "url", "sha256")
    texts = {key: f"{key} of {id}" for key in keys}
    return {"id": id, "digest": id, "accepted": ["SWAPPED"], **texts}


def _link(region: str, function: str, weight: float, claims: list[str]) -> dict[str, Any]:
    return {
        "region": region,
        "function": function,
        "weight": weight,
        "claims": claims,
        "sources": ["s1", "s2"][: len(claims)],
        "source_weights": [weight, 0.25][: len(claims)],
        "rule": "max",
    }


def _model_link(region: str, allow: bool) -> dict[str, Any]:
    return {
        "id": f"{region}|m1",
        "region": region,
        "model": "m1",
        "status": "accepted" if allow else "proposed",
        "allow": allow,
        "weight": 1.0,
        "rationale": "",
        "citation": "",
        "digest": region,
        **_REVIEW,
    }


def _function(id: str, name: str) -> dict[str, Any]:
    rest = {"definition": f"what {name} is", "ontology": "test", "external_id": ""}
    return {"id": id, "name": name, "digest": id, **rest}


_OLD = {"status": "deprecated", "edited_by": "ann"}
_REVISION = {"by": "tester", "reason": "because", "detail": "{}"}
_REVIEW = {"proposed_by": "ann", "reviewed_by": "tester"}
_MATRIX = {
    "id": "s1:a",
    "atlas": "a",
    "source": "s1",
    "sha256": "aa",
    "statistic": "z",
    "vocabulary": "functions",
    "n_regions": 3,
    "n_functions": 3,
    "n_studies": 982,
    "digest": "x",
}
_ATLAS = {
    "id": "a",
    "name": "An atlas",
    "version": "1",
    "space": "MNI152",
    "template": "",
    "kind": "spheres",
    "licence": "BSD",
    "volume": "",
    "supersedes": "",
    "source": "s1",
    "digest": "a",
}
_UNDOABLE = [noun for noun, kind in NOUNS.items() if kind.label and noun != "source"]
_MODEL = {
    "name": "LeNet5",
    "family": "lenet5",
    "category": "cnn",
    "functions": ["f.motion"],
    "modality": "image",
    "inputs": "{}",
    "taps": '{"conv1": [6, 8, 8]}',
    "parameters": 1234,
    "size": "{}",
    "structure": "five convolutions",
    "metrics": ["accuracy"],
}
_CHECKPOINT = {
    "model": "m1",
    "dataset": "d1",
    "optimizer": "sgd",
    "platform": "torch",
    "metric": "accuracy",
    "value": 0.75,
    "bytes": 4096,
    "hyper": '{"lr": 0.1}',
    "seed": 7,
    "licence": "MIT",
    "origin": "a repository",
    "trained_by": "somebody",
}

WRITES: list[Step] = [
    ("schema/counter", {}),
    ("content/hold", {}),
    ("revision/append", {**_REVISION, "action": "first", "at": AT}),
    ("source/put", {"rows": [_source("s1"), _source("s2")], "seq": 1, "at": AT}),
    (
        "atlas/put",
        {
            "rows": [_ATLAS],
            "seq": 1,
            "at": AT,
        },
    ),
    (
        "region/put",
        {
            "rows": [
                _region(1, 0.0, "visual"),
                _region(2, 3.0, "visual"),
                _region(3, -40.0, "default mode"),
            ],
            "seq": 1,
            "at": AT,
        },
    ),
    ("region/child", {"rows": [{"id": "a:2", "parent": "a:3"}]}),
    ("region/untie", {"ids": ["a:2"]}),
    ("region/child", {"rows": [{"id": "a:2", "parent": "a:1"}]}),
    (
        "connection/write",
        {
            "rows": [
                {"a": "a:1", "b": "a:2", "kind": "functional", "weight": 0.4, "source": "s1"},
                {"a": "a:2", "b": "a:3", "kind": "structural", "weight": 7.5, "source": "s2"},
                {"a": "a:1", "b": "a:3", "kind": "structural", "weight": 2.5, "source": "s2"},
            ]
        },
    ),
    (
        "connection/drop",
        {"rows": [{"a": "a:1", "b": "a:3", "kind": "structural", "source": "s2"}]},
    ),
    (
        "neighbour/write",
        {
            "rows": [
                {"a": "a:1", "b": "a:2", "area_mm2": 12.5},
                {"a": "a:1", "b": "a:3", "area_mm2": 4.0},
            ]
        },
    ),
    ("neighbour/drop", {"rows": [{"a": "a:1", "b": "a:3"}]}),
    (
        "overlap/write",
        {
            "rows": [
                {
                    "a": "a:1",
                    "b": b,
                    "dice": 0.5,
                    "inside": 1.0,
                    "contains": 0.25,
                    "qualification": "contained",
                }
                for b in ("a:2", "a:3")
            ]
        },
    ),
    ("overlap/drop", {"rows": [{"a": "a:1", "b": "a:3"}]}),
    (
        "function/put",
        {
            "rows": [
                _function("f", "sight"),
                {**_function("f.motion", "motion of things"), "aliases": ["moving", "flow"]},
                _function("f.colour", "colour"),
                {**_function("f.hue", "hue"), "replaced_by": ["f.colour"], **_OLD},
            ],
            "seq": 1,
            "at": AT,
        },
    ),
    (
        "function/parents",
        {"rows": [{"id": "f.motion", "parent": "f"}, {"id": "f.colour", "parent": "f"}]},
    ),
    ("function/untie", {"ids": ["f.colour"]}),
    ("function/parents", {"rows": [{"id": "f.colour", "parent": "f"}]}),
    (
        "relation/write",
        {
            "rows": [
                {"a": "f.motion", "b": "f.colour", "kind": "isPartOf", "source": "s1"},
                {"a": "f.colour", "b": "f", "kind": "isPartOf", "source": "s1"},
            ]
        },
    ),
    (
        "relation/drop",
        {"rows": [{"a": "f.colour", "b": "f", "kind": "isPartOf", "source": "s1"}]},
    ),
    (
        "area/put",
        {
            "rows": [
                {"id": "visual", "name": "Visual", "modality": "image", "digest": "v"},
                {"id": "visual.motion", "name": "Motion", "modality": "image", "digest": "m"},
            ],
            "seq": 1,
            "at": AT,
        },
    ),
    ("area/parents", {"rows": [{"id": "visual.motion", "parent": "visual"}]}),
    ("area/realize", {"rows": [{"id": "visual", "function": "f.motion"}]}),
    ("area/untie", {"ids": ["visual", "visual.motion"]}),
    ("area/parents", {"rows": [{"id": "visual.motion", "parent": "visual"}]}),
    (
        "area/realize",
        {
            "rows": [
                {"id": "visual", "function": "f"},
                {"id": "visual.motion", "function": "f.motion"},
            ]
        },
    ),
    ("revision/append", {**_REVISION, "action": "second", "at": LATER}),
    (
        "claim/put",
        {
            "rows": [
                _claim("c1", "a:1", "f.motion", "s1", 0.5),
                _claim("c2", "a:1", "f.motion", "s2", 0.25),
                _claim("c3", "a:2", "f.colour", "s1", 1.0),
            ],
            "seq": 2,
            "at": LATER,
        },
    ),
    ("claim/untie", {"ids": ["c3"]}),
    (
        "claim/put",
        {
            "rows": [{**_claim("c3", "a:2", "f.colour", "s1", 0.75), "before": BEFORE, **_REVIEW}],
            "seq": 2,
            "at": LATER,
        },
    ),
    (
        "link/put",
        {
            "rows": [
                _link("a:1", "f.motion", 0.5, ["c1", "c2"]),
                _link("a:2", "f.colour", 0.75, ["c3"]),
                _link("a:3", "f.colour", 0.125, ["c3"]),
            ]
        },
    ),
    ("link/drop", {"rows": [{"region": "a:3", "function": "f.colour"}]}),
    ("matrix/put", {"rows": [_MATRIX], "seq": 2, "at": LATER}),
    ("model/put", {"rows": [{"id": "m1", "digest": "m", **_MODEL}], "seq": 2, "at": AT}),
    ("model/serve", {"rows": [{"id": "m1", "area": "visual.motion"}]}),
    ("model/untie", {"ids": ["m1"]}),
    ("model/serve", {"rows": [{"id": "m1", "area": "visual"}]}),
    (
        "dataset/put",
        {
            "rows": [
                {
                    "id": "d1",
                    "name": "Digits",
                    "modalities": ["image", "audio"],
                    "labels": ["0", "1"],
                    "licence": "BSD",
                    "citation": "",
                    "content_sha256": "00",
                    "digest": "d",
                }
            ],
            "seq": 2,
            "at": AT,
        },
    ),
    (
        "term/put",
        {
            "rows": [
                {"id": "optimizer:sgd", "dictionary": "optimizer", "name": "sgd", "digest": "t"},
                {
                    "id": "category:cnn",
                    "dictionary": "category",
                    "name": "cnn",
                    "definition": "convolutional",
                    "aliases": ["ConvNet"],
                    "replaced_by": ["category:convolutional"],
                    "digest": "t",
                    **_OLD,
                },
            ],
            "seq": 2,
            "at": AT,
        },
    ),
    (
        "checkpoint/put",
        {
            "rows": [{"id": id, "digest": id, **_CHECKPOINT} for id in ("k1", "k2")],
            "seq": 2,
            "at": AT,
        },
    ),
    ("checkpoint/untie", {"ids": ["k1", "k2"]}),
    (
        "checkpoint/put",
        {
            "rows": [
                {"id": id, "digest": id, "before": BEFORE, **_CHECKPOINT} for id in ("k1", "k2")
            ],
            "seq": 2,
            "at": AT,
        },
    ),
    ("checkpoint/derive", {"rows": [{"id": "k2", "parent": "k1"}]}),
    (
        "scenario/put",
        {
            "rows": [
                {
                    "id": "z",
                    "name": "A scene",
                    "space": "MNI152",
                    "peaks": PEAK,
                    "regions": [],
                    "description": "",
                    "citation": "Someone 2020",
                    "dataset": "d1",
                    "digest": "z",
                }
            ],
            "seq": 2,
            "at": AT,
        },
    ),
    ("scenario/activate", {"rows": [{"id": "z", "region": "a:3", "strength": 0.5}]}),
    ("scenario/untie", {"ids": ["z"]}),
    (
        "scenario/activate",
        {
            "rows": [
                {"id": "z", "region": "a:1", "strength": 0.5},
                {"id": "z", "region": "a:2", "strength": 1.0},
            ]
        },
    ),
    (
        "composition/put",
        {
            "rows": [
                {
                    "id": "n1",
                    "request": "{}",
                    "plan": "{}",
                    "spec": "{}",
                    "weights_sha256": "ff",
                    "validation": '{"result": 0.9}',
                    "test": "{}",
                    "seed": 0,
                    "trials": 20,
                    "history": "[]",
                    "created_by": "tester",
                    "digest": "n",
                }
            ],
            "seq": 2,
            "at": AT,
        },
    ),
    ("composition/serve", {"rows": [{"id": "n1", "scenario": "z"}]}),
    (
        "composition/use",
        {"rows": [{"id": "n1", "checkpoint": "k2", "slot": "auditory", "taps": ["conv1"]}]},
    ),
    ("composition/untie", {"ids": ["n1"]}),
    ("composition/serve", {"rows": [{"id": "n1", "scenario": "z"}]}),
    (
        "composition/use",
        {"rows": [{"id": "n1", "checkpoint": "k1", "slot": "visual", "taps": ["conv1"]}]},
    ),
    ("revision/append", {**_REVISION, "action": "third", "at": LATER}),
    (
        "model_link/put",
        {
            "rows": [_model_link("a:1", True), _model_link("a:2", False)],
            "seq": 3,
            "at": LATER,
        },
    ),
    (
        "model_link/project",
        {
            "rows": [
                {"region": region, "model": "m1", "weight": 1.0, "allow": True, "by": "ann"}
                for region in ("a:1", "a:3")
            ]
        },
    ),
    ("model_link/drop", {"rows": [{"region": "a:3", "model": "m1"}]}),
    (
        "comment/put",
        {
            "rows": [
                {"id": id, "by": "ann", "text": "Strong.", "digest": id}
                for id in ("claim:c1#1", "model_link:a:1|m1#1")
            ],
            "seq": 3,
            "at": LATER,
        },
    ),
    ("comment/on_claim", {"rows": [{"id": "claim:c1#1", "claim": "c1"}]}),
    ("comment/on_link", {"rows": [{"id": "model_link:a:1|m1#1", "model_link": "a:1|m1"}]}),
    ("comment/on_link", {"rows": [{"id": "claim:c1#1", "model_link": "a:2|m1"}]}),
    ("source/put", {"rows": [_source("s3")], "seq": 3, "at": LATER}),
    ("atlas/untie", {"ids": ["a"]}),
    (
        "atlas/put",
        {"rows": [{**_ATLAS, "source": "s1", "before": BEFORE}], "seq": 3, "at": LATER},
    ),
    ("revision/append", {**_REVISION, "action": "undo", "at": LATER}),
    (
        "record/withdraw",
        {
            "undone": 3,
            "seq": 4,
            "before": {"source:s3": BEFORE, "model_link:a:2|m1": BEFORE},
            "nouns": {"Source": "source", "ModelLink": "model_link", "Atlas": "atlas"},
        },
    ),
    ("revive/source", {"ids": ["s3", "nobody"]}),
    *[(f"revive/{noun}", {"ids": ["nobody"]}) for noun in _UNDOABLE],
    (
        "query/save",
        {
            "row": {
                "id": "mine@1",
                "name": "mine",
                "version": 1,
                "text": "RETURN $x AS x",
                "parameters": '{"x": "STRING"}',
                "description": "",
                "owner": "tester",
                "shared": True,
            },
            "at": LATER,
        },
    ),
    ("query/withdraw", {"query": "nobody"}),
]
"""In order; each takes effect on the graph that the ones before it left."""
