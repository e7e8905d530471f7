"""Who may enter: API keys and what each may do, the workers' secret, and a limit to failed tries."""
