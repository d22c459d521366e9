package approval.lib.calendar_test

import data.approval.lib.calendar

test_allow_days if {
	calendar.day("2026-12-08") == [2026, 12, 8]
	calendar.day("2028-02-29") == [2028, 2, 29]
	calendar.day("1970-01-01") == [1970, 1, 1]
	calendar.day("2261-12-31") == [2261, 12, 31]
}

test_allow_ends_of_days if {
	calendar.end_ns("1970-01-01") == 86400000000000
	calendar.end_ns("2026-12-31") == time.parse_rfc3339_ns("2027-01-01T00:00:00Z")
	calendar.end_ns("2028-02-29") == time.parse_rfc3339_ns("2028-03-01T00:00:00Z")
	calendar.end_ns("2261-12-31") == time.parse_rfc3339_ns("2262-01-01T00:00:00Z")
	not calendar.end_ns("2027-02-29")
}

test_deny_unknown_days if {
	every text in [
		"2026-02-29", "2026-13-01", "2026-00-10", "2026-04-31", "2026-04-00", "1969-12-31", "2262-01-01", "9999-99-99",
		"2026-1-1", "26-01-01", "2026-01-01T00:00:00Z", "2026-0a-01", "2026--101", "2026-+1-01", "٢٠٢٦-01-01", "",
		"2026-01-001", "02026-01-01", concat("", ["-" | some _ in numbers.range(1, 2000)]),
	] {
		not calendar.day(text)
	}
}

test_deny_days_of_wrong_type if {
	every value in [20261208, null, ["2026-12-08"], true] {
		not calendar.day(value)
	}
}

test_allow_times_of_day if {
	calendar.clock("00:00") == [0, 0]
	calendar.clock("08:09") == [8, 9]
	calendar.clock("24:00") == [24, 0]
}

test_deny_unknown_times_of_day if {
	every text in ["24:01", "25:00", "12:60", "8:00", "12", "12:00:00", "ab:cd", "-1:00"] {
		not calendar.clock(text)
	}
}
