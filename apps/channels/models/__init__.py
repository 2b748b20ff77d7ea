"""Every table of a merchant's accounts with its providers, by the file that declares it."""

from apps.channels.models.calls import NoticeState, ProviderCall, WebhookEvent
from apps.channels.models.terms import Channel, FeeRule, HolidayCalendar, StatementRhythm

__all__ = ["Channel", "FeeRule", "HolidayCalendar", "NoticeState", "ProviderCall", "StatementRhythm", "WebhookEvent"]
