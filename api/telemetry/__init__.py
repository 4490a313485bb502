"""What an operator sees of requests: measures, traces, and whose request a log line is of."""
