"""Real and misbehaving servers, private to a test run: free loopback ports, own directory, gone at the end."""
