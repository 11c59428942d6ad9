"""The command `dead-letters`: what became no record, why, and publishing it again."""
