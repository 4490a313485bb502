"""From a selection of areas to a network: model families, checkpoints, plans, fusion."""
