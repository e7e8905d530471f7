"""What a reader wants to know of an operation that its route does not say: names, prose, examples, own refusals."""
