"""Fixtures of the plan packs' tests: the seeds are read from the folder of shared facts."""

from tests.catalogue.conftest import shared

__all__ = ["shared"]
