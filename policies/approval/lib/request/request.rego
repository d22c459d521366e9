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
	_holds(text, least)
}

# The classes of Unicode are large, and to compile them takes ten times as long as the rest of an evaluation. Most
# texts do without them.
_holds(text, least) if _count(`[A-Za-z0-9]`, text, least) == least

else if _count(_letter_or_digit, text, least) == least

_count(pattern, text, most) := count(regex.find_all_string_submatch_n(pattern, text, most))

# Without the Hangul fillers, which Unicode takes for letters and which cannot be seen.
_letter_or_digit := `[^\PL\x{115F}\x{1160}\x{3164}\x{FFA0}]|\pN`
