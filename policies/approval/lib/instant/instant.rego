# METADATA
# title: Instant
# description: >-
#   Time, as nanoseconds since 1970. It comes from input.now only, so that an evaluation can be repeated later.
package approval.lib.instant

# METADATA
# title: Now
# description: The instant that the engine pinned for this evaluation.
now_ns := parse(input.now)

# METADATA
# title: Parsed instant
# description: Undefined for anything but text, so that a missing date never counts as a date.
parse(text) := time.parse_rfc3339_ns(text) if is_string(text)

# METADATA
# title: Later instant
plus_seconds(ns, seconds) := ns + (seconds * 1000000000)

# METADATA
# title: Seconds until an instant
# description: A whole number; negative for an instant in the past.
seconds_until(ns) := floor((ns - now_ns) / 1000000000)

# METADATA
# title: Stated instant
# description: >-
#   What a request says, in any form of RFC 3339: 2027-01-31T12:00:00Z, or 2027-01-31t13:00:00.5+01:00. Undefined for
#   all else, and for texts of more than 100 characters. It is looked at before it is parsed, since a date that does not
#   exist would be an error and not an answer. Nanoseconds reach from 1677 to 2262 only, so every instant of a year
#   before 1970 counts as the beginning of 1970, and every instant of a year after 2261 as the beginning of 2262.
stated(text) := parse(_within_reach(normal)) if {
	is_string(text)
	count(text) <= 100
	normal := upper(text)
	_is_date(split(substring(normal, 0, 10), "-"))
	substring(normal, 10, 1) == "T"
	_is_clock(split(substring(normal, 11, 8), ":"))
	_is_fraction_and_offset(substring(normal, 19, -1))
}

# Digits of one length are in the order of the numbers that they stand for.
_within_reach(text) := "1970-01-01T00:00:00Z" if substring(text, 0, 4) < "1970"

else := "2262-01-01T00:00:00Z" if substring(text, 0, 4) > "2261"

else := text

_is_date([year, month, day]) if {
	_digits(year, 4)
	_digits(day, 2)
	day >= "01"
	day <= _last_day(year, month)
}

_last_day(year, "02") := "29" if _leap(year)

else := "28"

_last_day(_, month) := {
	"01": "31",
	"03": "31",
	"04": "30",
	"05": "31",
	"06": "30",
	"07": "31",
	"08": "31",
	"09": "30",
	"10": "31",
	"11": "30",
	"12": "31",
}[month]

# Every fourth year, but of full centuries every fourth.
_leap(year) if {
	endswith(year, "00")
	_number(year) % 400 == 0
}

_leap(year) if {
	not endswith(year, "00")
	_number(year) % 4 == 0
}

# "0800" is no number in JSON. Ten thousand years more do not change which are leap years.
_number(year) := to_number(concat("", ["1", year]))

_is_clock([hour, minute, second]) if {
	_is_time_of_day(hour, minute)
	_digits(second, 2)
	second < "60"
}

_is_time_of_day(hour, minute) if {
	_digits(hour, 2)
	hour < "24"
	_digits(minute, 2)
	minute < "60"
}

_is_fraction_and_offset(text) if _is_offset(text)

_is_fraction_and_offset(text) if {
	startswith(text, ".")
	[fraction, offset] := _parted(substring(text, 1, -1))
	fraction != ""
	_is_offset(offset)
}

_parted(text) := [trim_suffix(text, offset), offset] if offset := trim_left(text, "0123456789")

_is_offset("Z")

_is_offset(text) if {
	substring(text, 0, 1) in {"+", "-"}
	[hour, minute] := split(substring(text, 1, -1), ":")
	_is_time_of_day(hour, minute)
}

_digits(text, length) if {
	count(text) == length
	trim(text, "0123456789") == ""
}
