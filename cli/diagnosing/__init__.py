"""What `trunkline doctor` looks at: one check in a file, `table` lists them, `rounds` runs them."""
