# METADATA
# title: Request
# description: Careful reading of what a request says about itself.
# custom:
#   owner: security-engineering
package approval.lib.request

# METADATA
# title: Text is given
# description: context holds a text of that name with at least so many characters, without the blanks around it.
# custom:
#   owner: security-engineering
#   controls: []
text_given(name, least) if {
	text := input.request.context[name]
	is_string(text)
	count(trim_space(text)) >= least
}
