"""Model families: one module each, registered by name, built with named tap points."""
