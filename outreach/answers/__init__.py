"""What a gemeente did with a letter, said by whom, and how we know."""
