"""The command line: reads arguments, prints results, knows no web and no store."""
