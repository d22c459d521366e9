# METADATA
# title: Finding
# description: What a rule hands to the evaluation, together with the controls that the rule's METADATA names.
package approval.lib.finding

# METADATA
# title: Denial
# description: A reason to deny the request, whoever approves it.
denial(code, rule) := {"code": code, "controls": _controls(rule)}

# METADATA
# title: Factor
# description: A risk factor, its weight, and the value that was found.
factor(id, score, fact, rule) := {"id": id, "score": score, "fact": fact, "controls": _controls(rule)}

# METADATA
# title: Obligation
# description: A duty of whoever grants the access. A kind has each type once, so the type is the id.
obligation(type, properties, rule) := {
	"id": type,
	"type": type,
	"properties": properties,
	"controls": _controls(rule),
}

# METADATA
# title: Refusal
# description: An approval that cannot count, and why.
refusal(approval, code, rule) := {"approval": approval, "code": code, "controls": _controls(rule)}

# METADATA
# title: Fact
# scope: document
# description: A fact that the evaluation used, and where it was read, as a path into data.
fact(name, [collection, key]) := {"name": name, "source": concat("", ["data.", collection, "[\"", key, "\"]"])}

fact(name, [collection, key, member]) := {
	"name": name,
	"source": concat("", ["data.", collection, "[\"", key, "\"].", member]),
}

# A rule that names no controls still denies, weighs and obliges.
_controls(rule) := object.get(rule, ["custom", "controls"], [])
