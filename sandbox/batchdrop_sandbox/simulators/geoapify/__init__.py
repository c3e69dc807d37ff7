"""Geoapify Batch: POST a job, look until it is done, the answer is the download."""
