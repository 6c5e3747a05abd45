"""Times: aware datetimes in UTC here, microseconds since the start of 1970 there. Nothing is rounded."""

from __future__ import annotations

from ctypes import byref, c_char, c_int64, c_size_t
from datetime import datetime, timedelta, timezone
from typing import Optional

from ._call import call, invalid, text, told
from ._library import lib

_EPOCH = datetime(1970, 1, 1, tzinfo=timezone.utc)
_MICROSECOND = timedelta(microseconds=1)


def from_micros(micros: int) -> datetime:
    """A time of the library. One after the year 9999 is the last that Python knows."""
    try:
        return _EPOCH + micros * _MICROSECOND
    except OverflowError:
        return datetime.max.replace(tzinfo=timezone.utc)


def maybe_from_micros(micros: int) -> Optional[datetime]:
    """A time that may not have come, or was not set."""
    return from_micros(micros) if micros else None


def to_micros(name: str, time: datetime) -> int:
    """A time for the library."""
    if not isinstance(time, datetime):
        raise TypeError(f"{name} must be a datetime, not {type(time).__name__}")
    if time.tzinfo is None or time.utcoffset() is None:
        raise invalid(
            f"{name} has no time zone", "give an aware datetime: datetime.now(timezone.utc)"
        )
    return (time - _EPOCH) // _MICROSECOND


def date(name: str, time: Optional[datetime]) -> int:
    """A date for the library, which takes 0 for none."""
    if time is None:
        return 0
    micros = to_micros(name, time)
    if micros <= 0:
        raise invalid(f"{name} is before 1970", "give a later time, or None for no date")
    return micros


def timestamp_parse(time: str) -> datetime:
    """Reads a time as RFC 3339 writes it.

    >>> timestamp_parse("2026-11-22T10:30:00.25Z")
    datetime.datetime(2026, 11, 22, 10, 30, 0, 250000, tzinfo=datetime.timezone.utc)

    Errors: InvalidArgument.
    """
    micros = c_int64()
    call(lib.strongroom_timestamp_parse, text("time", time), byref(micros))
    return from_micros(micros.value)


def timestamp_format(time: datetime) -> str:
    """Writes a time as RFC 3339 does, in UTC.

    >>> timestamp_format(datetime(2026, 11, 22, 12, 30, tzinfo=timezone(timedelta(hours=2))))
    '2026-11-22T10:30:00Z'

    Errors: InvalidArgument for a datetime without a time zone.
    """
    buffer = (c_char * lib.strongroom_timestamp_bytes())()
    length = c_size_t()
    micros = to_micros("time", time)
    call(lib.strongroom_timestamp_format, micros, buffer, len(buffer), byref(length))
    return told(buffer.value)
