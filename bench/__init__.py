"""Side-by-side benchmarks: ours against a peer or a naive baseline, in the same run."""
