"""The demonstration city as data: registry.toml (what is there) and script.toml (what happens)."""
