"""The command `dead-letters`: which events gave no record, why, and their replay."""
