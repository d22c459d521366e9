package approval.lib.request_test

import data.approval.lib.request

_given(text, least) if {
	# regal ignore:with-outside-test-context
	request.text_given("why", least) with input as {"request": {"context": {"why": text}}}
}

_times(text, times) := concat("", [text | some _ in numbers.range(1, times)])

_prose := "The refund call answers too late, so that customers ask twice and are paid twice. "

test_allow_long_prose if _given(_times(_prose, 50), 20)

test_allow_long_prose_in_another_script if _given(_times("Возврат приходит слишком поздно. ", 125), 20)

test_allow_words_between_what_does_not_count if {
	_given("a - b, c. (d) \u200bß\u200b", 5)
	not _given("a - b, c. (d) \u200bß\u200b", 6)
}

test_allow_words_of_any_script if {
	_given("возврат", 7)
	_given("字 字", 2)
}

test_deny_one_character_too_few if not _given("abcd", 5)

# The thousandth character counts, and the next one does not.
test_deny_what_comes_after_a_thousand_characters if {
	every blank in [" ", "-", "\u200b", "\u3164"] {
		_given(concat("", [_times(blank, 999), "a"]), 1)
		not _given(concat("", [_times(blank, 1000), _prose]), 1)
	}
}

test_deny_texts_of_nothing if {
	every nothing in [
		" ", "\t", "\n", ".", "-", "\u00ad", "\u115f", "\u1160", "\u200b", "\u200d", "\u2800", "\u3000", "\u3164",
		"\uffa0", "\ufe0f", "... ", "\u200b ", base64.decode("77u/"),
	] {
		not _given(_times(nothing, 40), 1)
	}
}

test_deny_unknown_text if {
	every value in [null, 12345, ["abcde"], {"a": "abcde"}, true] {
		not _given(value, 1)
	}
	not request.text_given("why", 1) with input as {"request": {"context": {}}}
	not request.text_given("why", 1) with input as {}
}
