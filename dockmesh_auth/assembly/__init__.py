"""Where the pieces meet: configuration, store, host, pages, command. Nothing imports this."""
