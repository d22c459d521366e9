# METADATA
# title: Names
# description: Reads lists of names in a request, such as scopes and roles.
package approval.lib.names

# METADATA
# title: Set of the listed names
# description: >-
#   Undefined unless it is a list of 1 to 100 names. Whatever else a name could hold (a blank, a comma, a wildcard)
#   might be two names or many to the one who grants what they stand for, and is one here. A name has at most 200
#   characters. They are counted before they are read, so that a long list or a long name costs nothing.
of(listed) := {name | some name in listed} if {
	is_array(listed)
	count(listed) > 0
	count(listed) <= 100
	every name in listed {
		is_string(name)
		count(name) <= 200
		trim(name, _characters) == "" # Nothing is left: it has no other characters.
		every word in split(name, ":") {
			word != ""
		}
	}
}

# What names are made of, and the colon between them. A regular expression would be compiled at every evaluation.
_characters := "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789._-:"
