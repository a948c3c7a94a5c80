"""What a protocol must fulfil before anything is computed."""
