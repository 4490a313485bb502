"""The brain domain: atlases, regions, functions, claims, activation; knows no database."""
