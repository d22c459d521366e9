package approval.lib.letters_test

import data.approval.lib.letters

test_allow_letters_and_numbers_of_many_scripts if {
	every text in [
		"a", "z", "A", "Z", "0", "9", "²", "½", "ß", "ʰ", "Ω", "я", "ا", "٣", "अ", "ก", "あ", "ア", "字", "한", "Ⅷ", "①",
		"\u05d0", "\u0e01", "\u1681", "\u1810", "\ua4d0", "\ud801\udc37", "\ud835\udc9c", "\ud880\udc00",
	] {
		letters.count_of(text) == 1
	}
}

test_allow_each_occurrence if letters.count_of("a 1-a, ß") == 4

# What stands beside letters, between them or among them.
test_deny_what_is_neither if {
	every text in [
		" ", "_", "@", "[", "`", "{", "/", ":", "©", "×", "÷", "«", "…", "–", "“", "€", "¶", "👍",
		# Punctuation of other scripts.
		"\u037e", "\u055a", "\u05be", "\u05f3", "\u060c", "\u061b", "\u061f", "\u06d4", "\u0964", "\u0e4f", "\u0f04",
		"\u104a", "\u10fb", "\u1361", "\u166e", "\u16eb", "\u17d4", "\u1802", "\u1cc0", "\u3001", "\u3003", "\u30a0",
		"\u30fb", "\ua4fe", "\uff65", "\ud800\udd00", "\ud802\udc57", "\ud81b\udfe2",
		# Marks, which are seen with a letter only.
		"\u0301", "\u0483", "\u05b0", "\u064b", "\u093f", "\u0e31", "\u302a", "\u3099", "\ua66f", "\ufe20", "\ud81b\udfe4",
		# Symbols.
		"\u0482", "\u0606", "\u06de", "\u0bf3", "\u0e3f", "\u17db", "\u2100", "\u2190", "\u2800", "\u2e80", "\u3004",
		"\u3012", "\u4dc0", "\ua490", "\ua700", "\ufb29", "\ufdfc", "\ud834\udd65", "\ud835\udec1",
		# Formats, blanks, what is private and what is not assigned.
		"\u00ad", "\u00a0", "\u061c", "\u06dd", "\u070f", "\u1680", "\u180e", "\u200b", "\u200d", "\u2060", "\u3000",
		"\ufeff", "\ufffd", "\ue000", "\u0378", "\u07b2", "\u0870", "\u2c2f", "\ufa6e", "\ud82f\udca0",
		"\ud837\udf00", "\udb40\udc41",
	] {
		letters.count_of(text) == 0
	}
}

# Letters by their category, and nothing to be seen.
test_deny_hangul_fillers if {
	every filler in ["\u115f", "\u1160", "\u3164", "\uffa0"] {
		letters.count_of(filler) == 0
	}
	every neighbour in ["\u115e", "\u1161", "\u3163", "\u3165", "\uffa1", "\uff9f"] {
		letters.count_of(neighbour) == 1
	}
}
