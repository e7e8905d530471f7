"""What every request has in common: routes as values, strict reading, problems, idempotency, and watching it all."""
