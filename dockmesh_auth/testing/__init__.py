"""What plugin authors and our own tests lean on: clocks, tokens, a provider to talk to."""
