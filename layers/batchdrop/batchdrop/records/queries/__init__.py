"""From the columns of a record to the query that is sent: which column is which part of an address, and the address as text."""
