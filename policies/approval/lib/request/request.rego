# METADATA
# title: Request
# description: Careful reading of what a request says about itself.
# custom:
#   owner: security-engineering
package approval.lib.request

# METADATA
# title: Text is given
# description: >-
#   context holds a text of that name with at least so many letters and digits, of whatever script. Blanks, emoji and
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

# Where Unicode has its letters and digits, without the fillers and blanks among them, which cannot be seen. By ranges
# and not by \pL and \pN: those grow with every version of Unicode, OPA and its WASM runtime have different ones, and
# the same text has to count the same a year later. So a few marks count as well, and code points that are still free.
_letter_or_digit := concat("", [
	`[0-9A-Za-z`,
	# Latin, Greek, Cyrillic, Hebrew, Arabic and on to the scripts of Asia.
	`\x{C0}-\x{D6}\x{D8}-\x{F6}\x{F8}-\x{2AF}`,
	`\x{370}-\x{37D}\x{37F}-\x{5FF}\x{606}-\x{61B}\x{61D}-\x{6DC}\x{6DE}-\x{70E}`,
	`\x{710}-\x{115E}\x{1161}-\x{167F}\x{1681}-\x{17B3}\x{17B6}-\x{180A}\x{1810}-\x{1DBF}\x{1E00}-\x{1FFF}`,
	`\x{2100}-\x{218F}\x{2460}-\x{24FF}\x{2C00}-\x{2DFF}`,
	# Chinese, Japanese, Korean, and what came between them.
	`\x{3005}-\x{3007}\x{3021}-\x{3029}\x{3031}-\x{3035}\x{303B}\x{303C}\x{3041}-\x{3163}\x{3165}-\x{31FF}`,
	`\x{3220}-\x{4DBF}\x{4E00}-\x{A48F}\x{A4D0}-\x{D7FF}`,
	# Forms of presentation.
	`\x{F900}-\x{FDFF}\x{FE70}-\x{FEFE}\x{FF10}-\x{FF19}\x{FF21}-\x{FF3A}\x{FF41}-\x{FF5A}`,
	`\x{FF66}-\x{FF9F}\x{FFA1}-\x{FFDC}`,
	# The planes above.
	`\x{10000}-\x{1342F}\x{13460}-\x{16FE3}\x{16FE5}-\x{1BC9F}\x{1BCA4}-\x{1CFFF}`,
	`\x{1D400}-\x{1D7FF}\x{1DF00}-\x{1EFFF}\x{20000}-\x{2FFFD}\x{30000}-\x{3FFFD}]`,
])

_ascii := "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789"
