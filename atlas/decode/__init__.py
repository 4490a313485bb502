"""From a map, peaks, masks, names, functions or time series to an activation pattern of one atlas.

Weights lie in (0, 1], each module says what they mean. What the atlas cannot account for is always
counted: atlases of spheres cover a few per cent of the brain, so for them most voxels of a map lie
outside, and ``Outside.share`` says how many.
"""
