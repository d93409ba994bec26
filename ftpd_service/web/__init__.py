"""HTTP as a client: requests to services of the operator."""
