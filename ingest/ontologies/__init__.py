"""Ontologies that others made, and how their terms meet the function tree."""
