"""What the check before sending looks at, a topic a module; `letters.checking` asks them all."""
