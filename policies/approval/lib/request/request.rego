# METADATA
# title: Request
# description: Careful reading of what a request says about itself.
# custom:
#   owner: security-engineering
package approval.lib.request

# METADATA
# title: Text is given
# description: >-
#   context holds a text of that name with at least so many letters and digits, of whatever script. Blanks, marks and
#   what cannot be seen say nothing.
# custom:
#   owner: security-engineering
#   controls: []
text_given(name, least) if {
	text := input.request.context[name]
	is_string(text)
	count(text) >= least # What is too short needs no regular expression to say so.
	_holds(text, least)
}

# Regular expressions are compiled at every evaluation, and the classes of Unicode are large: to compile them takes ten
# times as long as all the rest. Most texts have words enough without them.
_holds(text, least) if sum([count(word) | some word in split(text, " "); trim(word, _ascii) == ""]) >= least

else if _count("[A-Za-z0-9]", text, least) == least

else if _count(_letter_or_digit, text, least) == least

_count(pattern, text, most) := count(regex.find_all_string_submatch_n(pattern, text, most))

# Without the Hangul fillers, which Unicode takes for letters and which cannot be seen.
_letter_or_digit := `[^\PL\x{115F}\x{1160}\x{3164}\x{FFA0}]|\pN`

_ascii := "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789"
