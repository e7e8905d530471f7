"""The pre-call webhook: asks an organization's own service what to do with a call, while its phone rings."""
