# Metadata on rules make them entrypoints of `opa build`.
package authz

# METADATA
# entrypoint: true
default allow := false

allow if input.user in data.owners[input.resource]

# METADATA
# entrypoint: true
groups contains group if some group in input.groups

# METADATA
# entrypoint: true
maximum := max([input.limit, data.limit])

# METADATA
# entrypoint: true
now := time.now_ns()

# METADATA
# entrypoint: true
undefined_without_input := input

# METADATA
# entrypoint: true
conflicting := 1 if input.one

conflicting := 2 if input.two

# METADATA
# entrypoint: true
parsed := instant(input.text)

instant(text) := time.parse_rfc3339_ns(text)

# METADATA
# entrypoint: true
unparsed if not instant(input.text)

# METADATA
# entrypoint: true
divided := 1 / input.by

# METADATA
# entrypoint: true
found if contains(input.text, input.part)

# METADATA
# entrypoint: true
copies := [copy | some n in numbers.range(1, input.size); copy := [[n, x] | some x in numbers.range(1, 1000)]]

# METADATA
# entrypoint: true
score := acme.score(input.amount)
