"""batchdrop: files in, processed files out, every record accounted for and nothing paid twice."""
