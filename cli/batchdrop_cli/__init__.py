"""The `batchdrop` command."""
