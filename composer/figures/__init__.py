"""Figures of maps, regions, functions and analyses, as bytes of a PNG or SVG file."""
