# METADATA
# title: Request
# description: Reads what a request says about itself.
package approval.lib.request

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
#   context holds a text of that name, whose words have at least so many characters together. Blanks, punctuation at
#   the ends of words and characters that are not visible do not count, so a text of nothing else is not given. Only
#   the first 1,000 characters are read, so that a text of any length takes little time and memory.
text_given(name, least) if {
	text := input.request.context[name]
	is_string(text)
	words := split(substring(text, 0, 1000), " ")
	sum([count(trim(word, _ignored)) | some word in words]) >= least
}

_ignored := concat("", [
	"!\"#$%&'()*+,-./:;<=>?@[\\]^_`{|}~",
	# Blanks.
	"\t\n\u000b\u000c\r\u0085\u00a0\u1680\u2000\u2001\u2002\u2003\u2004\u2005\u2006\u2007\u2008\u2009\u200a\u2028\u2029",
	"\u202f\u205f\u2800\u3000",
	# Format characters, variation selectors, and letters without a glyph.
	"\u00ad\u034f\u061c\u115f\u1160\u17b4\u17b5\u180b\u180c\u180d\u180e\u200b\u200c\u200d\u200e\u200f\u202a\u202b\u202c",
	"\u202d\u202e\u2060\u2061\u2062\u2063\u2064\u2066\u2067\u2068\u2069\u3164\ufe0e\ufe0f\uffa0",
	# U+0000 and U+FEFF, which opa cannot describe in a string.
	base64.decode("AO+7vw=="),
])
