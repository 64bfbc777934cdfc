"""Tricolor: energy and emissions supervision for a city or park, from the meters to a red, yellow or green light."""

__version__ = "0.1.0"
