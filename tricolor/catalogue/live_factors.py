"""The factors in force now: a plan's book with what people set put before it."""

import hashlib
import threading
from collections.abc import Sequence
from dataclasses import asdict

import structlog

from tricolor.domain.factors import FactorBook
from tricolor.domain.own_factors import Setting, with_own
from tricolor.ports_accounts import FactorDesk
