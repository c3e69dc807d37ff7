"""HERE Batch API v7: POST a job, start it, look, download results and errors; webhooks as hints."""
