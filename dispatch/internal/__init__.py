"""What only our own workers may call: the contract of `callcore.contract`."""
