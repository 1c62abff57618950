"""What is known of one computation each; nothing of the engine imports it."""
