"""The period each value of a report speaks of, from the time expression that governs it, else the report's own."""

from lawner.periods.attribution import Period, attribute_periods
from lawner.periods.reports import report_period

__all__ = ["Period", "attribute_periods", "report_period"]
