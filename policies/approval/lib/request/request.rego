# METADATA
# title: Request
# description: Careful reading of what a request says about itself.
package approval.lib.request

import data.approval.lib.letters

# METADATA
# title: Member is stated
# description: context holds a member of that name, whatever its value.
states(name) if {
	is_object(input.request.context)
	name in object.keys(input.request.context)
}

# METADATA
# title: Text is given
# description: >-
#   context holds a text of that name with at least so many letters and numbers, of whatever script. Blanks,
#   punctuation, emoji and what cannot be seen say nothing. Only the first 1,000 characters count, so that one of any
#   length is judged in little time and memory, and what begins with a thousand blanks is none.
text_given(name, least) if {
	text := input.request.context[name]
	is_string(text)
	beginning := substring(text, 0, 1000)
	count(beginning) >= least # What is too short needs no look at its letters.
	_holds(beginning, least)
}

# Most texts have words enough, and are not looked at letter by letter.
_holds(text, least) if sum([count(word) | some word in split(text, " "); trim(word, _ascii) == ""]) >= least

else if letters.count_of(text) >= least

_ascii := "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789"
