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
