"""The command `dead-letters`: what became no record, why, and making records of it after all."""
