"""From a coordinator's text to what leaves: placeholders, aanhef, HTML, text, PDF; no tables."""
