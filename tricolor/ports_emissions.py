"""Ports, to be filled."""
