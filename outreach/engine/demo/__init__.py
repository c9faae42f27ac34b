"""The demo: the product with ENV=demo, a clock that can be moved, and griffies that answer."""
