"""`make bench-extract`: the text of annotated pages, beside what other extractors make of them."""
