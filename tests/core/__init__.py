"""The pure core and the settings, each promise by itself."""
