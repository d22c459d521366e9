package approval.kinds["elevate/role"]

import data.approval.lib.history
import data.approval.lib.instant
import data.approval.lib.resource
import data.approval.lib.settings

# What the data lack is null, which weighs most and lets nobody in.
_privilege := object.get(resource.entry, "privilege", null) if resource.known

# What a request says is one of two words or nothing.
default _elevation := null

_elevation := stated if {
	stated := input.request.context.elevation
	stated in {"just_in_time", "standing"}
}

_elevation_stated if _elevation != null

_just_in_time if _elevation == "just_in_time"

# Earlier grants that no review took back, that are in force and live longer than just in time allows.
_standing_in_force contains earlier.case if {
	some earlier in history.own
	earlier.review != "revoke"
	ends_ns := instant.parse(earlier.expires_at)
	ends_ns > instant.now_ns
	ends_ns > instant.plus_seconds(instant.parse(earlier.at), settings.kind.limits.just_in_time_seconds)
}
