"""How fast it is, as multiples of something that anybody can time: `python -m benchmarks`."""
