# METADATA
# title: Calendar
# description: >-
#   Days and times of day as data write them ("2026-12-18", "22:30"), made into lists such as time.date and time.clock
#   give, which compare as they follow each other.
package approval.lib.calendar

# METADATA
# title: Day
# description: >-
#   [year, month, day] of "YYYY-MM-DD". Undefined for days that the calendar does not have, and before 1970 or after
#   2261, which no instant of Rego reaches. It never fails, so that it may read what a request says.
day(text) := parts if {
	is_string(text)
	count(text) == 10 # What is longer is not taken apart.
	parts := _numbers(split(text, "-"), [4, 2, 2])
	[year, month, day_of_month] := parts
	year >= 1970
	year <= 2261
	time.date(time.add_date(0, year - 1970, month - 1, day_of_month - 1)) == parts
}

# METADATA
# title: End of a day
# description: The instant at which the day is over in UTC, for days as above.
end_ns(text) := time.add_date(0, year - 1970, month - 1, day_of_month) if [year, month, day_of_month] := day(text)

# METADATA
# title: Time of day
# description: "[hour, minute] of \"HH:MM\", up to \"24:00\"."
clock(text) := parts if {
	parts := _numbers(split(text, ":"), [2, 2])
	parts <= [24, 0]
	parts[1] < 60
}

_numbers(parts, lengths) := [number |
	some part in parts
	number := to_number(concat("", ["1", part])) - _scale[count(part)]
] if {
	[count(part) | some part in parts] == lengths
	trim(concat("", parts), "0123456789") == "" # Nothing is left: these are digits.
}

# "08" is no number in JSON, "108" is one.
_scale := {2: 100, 4: 10000}
