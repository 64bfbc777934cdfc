"""Settings of the ways to people: one TOML file named by TRICOLOR_CHANNELS, read once in a main. Secrets stand in it, in a file or in the environment."""
