"""What is wrong with what was read: in each file, and between them."""
