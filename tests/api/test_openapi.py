"""The document says what the routes do, and every route fails as a problem."""

from __future__ import annotations

from typing import Any

import pytest
from fastapi import FastAPI
from fastapi.testclient import TestClient

from api.app import PREFIX, create_app
from tests.api.world import config

PROBLEM = "application/problem+json"
OPERATIONS = {
    "get_health",
    "get_stats",
    "get_session",
    "open_session",
    "close_session",
    "list_atlases",
    "get_atlas",
    "import_atlas",
    "check_atlas",
    "analyse_functions",
    "draw_analysis",
    "draw_activation",
    "report_activation",
    "list_clusters",
    "list_regions",
    "get_region",
    "list_region_functions",
    "list_region_connections",
    "list_region_neighbours",
    "list_atlas_overlaps",
    "export_activation",
    "export_cypher",
    "list_functions",
    "get_function",
    "list_function_regions",
    "list_areas",
    "list_links",
    "list_claims",
    "get_claim",
    "add_claim",
    "change_claim",
    "review_claim",
    "list_claim_comments",
    "add_claim_comment",
    "list_claim_history",
    "list_model_links",
    "get_model_link",
    "add_model_link",
    "change_model_link",
    "review_model_link",
    "list_model_link_comments",
    "add_model_link_comment",
    "list_model_link_history",
    "make_edits",
    "import_claims",
    "locate",
    "activate_regions",
    "make_composition_plan",
    "submit_job",
    "list_jobs",
    "get_job",
    "cancel_job",
    "retry_job",
    "stream_job_events",
    "list_models",
    "add_model",
    "withdraw_model",
    "library_statistics",
    "upload_checkpoint",
    "edit_checkpoint",
    "withdraw_checkpoint",
    "get_model",
    "list_checkpoints",
    "get_checkpoint",
    "get_checkpoint_file",
    "list_compositions",
    "get_composition",
    "get_composition_file",
    "predict",
    "list_scenarios",
    "get_scenario",
    "list_datasets",
    "list_dictionaries",
    "get_area",
    "add_function",
    "edit_function",
    "rename_function",
    "merge_function",
    "deprecate_function",
    "split_function",
    "add_area",
    "edit_area",
    "rename_area",
    "merge_area",
    "deprecate_area",
    "split_area",
    "add_dataset",
    "remove_dataset",
    "edit_dataset",
    "rename_dataset",
    "merge_dataset",
    "deprecate_dataset",
    "add_category",
    "edit_category",
    "rename_category",
    "merge_category",
    "deprecate_category",
    "add_optimizer",
    "edit_optimizer",
    "rename_optimizer",
    "merge_optimizer",
    "deprecate_optimizer",
    "add_platform",
    "edit_platform",
    "rename_platform",
    "merge_platform",
    "deprecate_platform",
    "list_category_terms",
    "get_category",
    "list_optimizer_terms",
    "get_optimizer",
    "list_platform_terms",
    "get_platform",
    "get_dataset",
    "list_revisions",
    "list_differences",
    "get_revision",
    "undo_revision",
    "list_releases",
    "make_release",
    "get_release",
    "get_release_file",
    "run_cypher",
    "list_queries",
    "get_query",
    "save_query",
    "delete_query",
    "run_query",
}


@pytest.fixture(scope="module")
def app(tmp_path_factory: pytest.TempPathFactory) -> FastAPI:
    return create_app(config(tmp_path_factory.mktemp("closed")))


@pytest.fixture(scope="module")
def document(app: FastAPI) -> dict[str, Any]:
    return app.openapi()


def operations(document: dict[str, Any]) -> list[tuple[str, str, dict[str, Any]]]:
    return [
        (path, method, operation)
        for path, methods in document["paths"].items()
        for method, operation in methods.items()
    ]


def test_operations_have_clean_names(document: dict[str, Any]) -> None:
    names = [operation["operationId"] for _, _, operation in operations(document)]
    assert len(names) == len(set(names))
    assert set(names) == OPERATIONS


def test_every_operation_documents_its_problems(document: dict[str, Any]) -> None:
    for path, _, operation in operations(document):
        errors = operation["responses"]["default"]["content"]
        assert errors == {PROBLEM: {"schema": {"$ref": "#/components/schemas/Problem"}}}, path
        assert "422" not in operation["responses"], path
        assert operation["summary"]
        assert operation["description"]
        assert path.startswith(PREFIX)


def test_every_reference_leads_somewhere(document: dict[str, Any]) -> None:
    schemas = document["components"]["schemas"]

    def references(node: Any) -> list[str]:  # noqa: ANN401 - any part of the document
        if isinstance(node, dict):
            own = [node["$ref"]] if isinstance(node.get("$ref"), str) else []
            return own + [ref for value in node.values() for ref in references(value)]
        if isinstance(node, list):
            return [ref for value in node for ref in references(value)]
        return []

    found = set(references(document))
    assert "#/components/schemas/ActivationRequest" in found
    assert {ref.removeprefix("#/components/schemas/") for ref in found} <= schemas.keys()


def test_both_forms_of_an_activation_are_described(document: dict[str, Any]) -> None:
    for noun in ("activations", "plans", "jobs"):
        content = document["paths"][f"{PREFIX}/{noun}"]["post"]["requestBody"]["content"]
        assert set(content) == {"application/json", "multipart/form-data"}
        form = content["multipart/form-data"]["schema"]
        mask, kind = form["properties"]["mask"]["items"], "application/octet-stream"
        for one in (form["properties"]["map"], mask, form["properties"]["series"]):
            assert one["contentMediaType"] == kind
        assert form["anyOf"] == [{"required": [name]} for name in ("map", "mask", "series")]


def test_every_route_fails_as_a_problem(app: FastAPI) -> None:
    """The app has not been started, so that each route reaches for what is not there."""
    client = TestClient(app, raise_server_exceptions=False)
    routes = list(api_routes(app))
    assert len(routes) == len(OPERATIONS)
    for path, method in routes:
        body = {} if method in {"GET", "DELETE"} else {"json": {}}
        answer = client.request(method, path.format(id="x", seq=1, sha256="0" * 64), **body)
        if (path, method) == (f"{PREFIX}/session", "GET"):
            assert answer.json()["via"] == "anonymous", "the one answer that needs nothing"
            continue
        assert answer.status_code >= 400, path
        assert answer.headers["content-type"] == PROBLEM, path
        assert "Traceback" not in answer.text
        wrong = client.request("TRACE", path.format(id="x", seq=1, sha256="0" * 64))
        assert wrong.status_code == 405, path
        assert wrong.headers["content-type"] == PROBLEM, path


def test_unknown_addresses(app: FastAPI) -> None:
    client = TestClient(app)
    for path in ("/", "/api/v1", "/api/v1/", "/api/v1/atlases/", "/api/v2/atlases", "/docs"):
        answer = client.get(path)
        assert answer.status_code == 404, path
        assert answer.headers["content-type"] == PROBLEM, path


def api_routes(app: FastAPI) -> list[tuple[str, str]]:
    return [(path, method.upper()) for path, method, _ in operations(app.openapi())]


def test_the_document_is_served(app: FastAPI) -> None:
    answer = TestClient(app).get(f"{PREFIX}/openapi.json")
    assert answer.status_code == 200
    assert answer.json()["info"]["title"] == "Neuroweave"
