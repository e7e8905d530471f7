"""Sound that is kept of calls: files below the state folder, and a row in the store for each."""
