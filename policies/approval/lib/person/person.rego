# METADATA
# title: Person
# description: >-
#   The subject of the request, where the kind wants a person. The subject's id may be any identity of theirs;
#   data.identities says whose it is.
# custom:
#   inputs:
#     subject: The person who gets the access, by any of the person's identities.
package approval.lib.person

import data.approval.lib.finding

# METADATA
# title: Id of the person
id := data.identities[input.request.subject.id]

# METADATA
# title: Known person
known if _entry

# METADATA
# title: Active person
active if _entry.active == true

# METADATA
# title: Groups of the subject
groups := groups_of(id)

# METADATA
# title: Groups of a person
# description: The person's team, the person's groups, and all groups that contain these.
groups_of(who) := direct | graph.reachable(_parents, direct) if {
	found := data.organisation.people[who]
	direct := {found.team} | {group | some group in found.groups}
}

# METADATA
# title: The subject has to be a person, and the request gives another type of subject
# description: A service or a machine asks for what only a person may ask for.
# custom:
#   controls: ["NHI9:2025", PR.AA-05]
denials contains finding.denial("subject_not_person", rego.metadata.rule()) if not _said_to_be_person

# METADATA
# title: The subject is not a person that the organisation knows
# custom:
#   controls: [PR.AA-01, PR.AA-02]
denials contains finding.denial("subject_unknown", rego.metadata.rule()) if {
	_said_to_be_person
	not known
}

# METADATA
# title: The subject has left the organisation or is suspended
# custom:
#   controls: ["NHI1:2025", AC-2]
denials contains finding.denial("subject_inactive", rego.metadata.rule()) if {
	known
	not active
}

# METADATA
# title: Facts of the person
# scope: document
facts contains finding.fact("person", ["identities", input.request.subject.id]) if known

facts contains finding.fact(member, ["organisation.people", id, member]) if {
	known
	some member in ["active", "groups", "team"]
}

_said_to_be_person if input.request.subject.type in data.config.shared.person_subject_types

_entry := data.organisation.people[id]

_parents[group] := object.get(entry, "within", []) if some group, entry in data.organisation.groups
