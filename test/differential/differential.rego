package differential

# What OPA itself decides for each of many inputs.
evaluations := [evaluation |
	some each in input.inputs
	evaluation := data.approval.decision with input as each
]
