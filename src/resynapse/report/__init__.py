"""What a reader sees: tables in text, Markdown, CSV and JSON. No science here."""
