"""What faces people: the command line, importers, reports, exports, the demo."""
