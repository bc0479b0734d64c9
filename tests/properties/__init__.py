"""The laws, tried with whatever hypothesis thinks of."""
