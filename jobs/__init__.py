"""The durable job ledger, its worker and what jobs run."""
