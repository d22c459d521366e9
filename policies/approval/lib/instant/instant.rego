# METADATA
# title: Instant
# description: Time, as nanoseconds since 1970. It comes from input.now only, so that anybody can evaluate again later.
# custom:
#   owner: security-engineering
package approval.lib.instant

# METADATA
# title: Now
# description: The instant that the engine pinned for this evaluation.
# custom:
#   owner: security-engineering
#   controls: []
now_ns := parse(input.now)

# METADATA
# title: Parsed instant
# description: Undefined for anything but text, so that a missing date never counts as a date.
# custom:
#   owner: security-engineering
#   controls: []
parse(text) := time.parse_rfc3339_ns(text) if is_string(text)

# METADATA
# title: Later instant
# custom:
#   owner: security-engineering
#   controls: []
plus_seconds(ns, seconds) := ns + (seconds * 1000000000)

# METADATA
# title: Seconds until an instant
# description: Whole ones, and below zero for what is past.
# custom:
#   owner: security-engineering
#   controls: []
seconds_until(ns) := floor((ns - now_ns) / 1000000000)

# METADATA
# title: Stated instant
# description: >-
#   What a request says: YYYY-MM-DDTHH:MM:SSZ, with a fraction of a second if any, from 1970 to 2099. Undefined for all
#   else. It is looked at before it is parsed, since a date that does not exist would be an error and not an answer.
# custom:
#   owner: security-engineering
#   controls: []
stated(text) := parse(text) if {
	is_string(text)
	count(text) <= 30
	endswith(text, "Z")
	[date, clock] := split(trim_suffix(text, "Z"), "T")
	_is_date(split(date, "-"))
	_is_clock(split(clock, ":"))
}

# Digits of one length are in the order of the numbers that they stand for.
_is_date([year, month, day]) if {
	_digits(year, 4)
	year >= "1970"
	year <= "2099"
	_digits(day, 2)
	day >= "01"
	day <= _last_day(year, month)
}

# From 1970 to 2099 every fourth year is a leap year.
_last_day(year, "02") := "29" if to_number(year) % 4 == 0

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

_is_clock([hour, minute, second]) if {
	_digits(hour, 2)
	hour < "24"
	_digits(minute, 2)
	minute < "60"
	_is_second(split(second, "."))
}

_is_second([second]) if _is_whole_second(second)

_is_second([second, fraction]) if {
	_is_whole_second(second)
	_digits(fraction, count(fraction))
	fraction != ""
}

_is_whole_second(second) if {
	_digits(second, 2)
	second < "60"
}

_digits(text, length) if {
	count(text) == length
	trim(text, "0123456789") == ""
}
