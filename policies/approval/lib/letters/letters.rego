# METADATA
# title: Letters
# description: >-
#   The letters and numbers of Unicode 13.0 (its general categories L and N), of all scripts, but for the four Hangul
#   fillers, which are letters and cannot be seen. By ranges and not by \pL and \pN: those grow with every version of
#   Unicode, OPA and its WASM runtime have different ones, and the same text has to count the same a year later.
# custom:
#   owner: security-engineering
package approval.lib.letters

# METADATA
# title: How many letters and numbers a text has
# custom:
#   owner: security-engineering
#   controls: []
count_of(text) := count([character | some character in split(text, ""); _counts(character)])

# Comparing is cheaper than a regular expression: the class of all these would be compiled at every evaluation. There is
# an answer for every character, so that it is kept for where the character comes again.
default _counts(_) := false

_counts(character) if {
	some group in _groups
	character >= group.from
	character <= group.to
	some [first, last] in group.ranges
	character >= first
	character <= last
}

_groups := [
	{"from": "0", "to": "\u0556", "ranges": [
		["0", "9"], ["A", "Z"], ["a", "z"], ["\u00aa", "\u00aa"], ["\u00b2", "\u00b3"], ["\u00b5", "\u00b5"],
		["\u00b9", "\u00ba"], ["\u00bc", "\u00be"], ["\u00c0", "\u00d6"], ["\u00d8", "\u00f6"],
		["\u00f8", "\u02c1"], ["\u02c6", "\u02d1"], ["\u02e0", "\u02e4"], ["\u02ec", "\u02ec"],
		["\u02ee", "\u02ee"], ["\u0370", "\u0374"], ["\u0376", "\u0377"], ["\u037a", "\u037d"],
		["\u037f", "\u037f"], ["\u0386", "\u0386"], ["\u0388", "\u038a"], ["\u038c", "\u038c"],
		["\u038e", "\u03a1"], ["\u03a3", "\u03f5"], ["\u03f7", "\u0481"], ["\u048a", "\u052f"],
		["\u0531", "\u0556"],
	]},
	{"from": "\u0559", "to": "\u08c7", "ranges": [
		["\u0559", "\u0559"], ["\u0560", "\u0588"], ["\u05d0", "\u05ea"], ["\u05ef", "\u05f2"],
		["\u0620", "\u064a"], ["\u0660", "\u0669"], ["\u066e", "\u066f"], ["\u0671", "\u06d3"],
		["\u06d5", "\u06d5"], ["\u06e5", "\u06e6"], ["\u06ee", "\u06fc"], ["\u06ff", "\u06ff"],
		["\u0710", "\u0710"], ["\u0712", "\u072f"], ["\u074d", "\u07a5"], ["\u07b1", "\u07b1"],
		["\u07c0", "\u07ea"], ["\u07f4", "\u07f5"], ["\u07fa", "\u07fa"], ["\u0800", "\u0815"],
		["\u081a", "\u081a"], ["\u0824", "\u0824"], ["\u0828", "\u0828"], ["\u0840", "\u0858"],
		["\u0860", "\u086a"], ["\u08a0", "\u08b4"], ["\u08b6", "\u08c7"],
	]},
	{"from": "\u0904", "to": "\u0a5c", "ranges": [
		["\u0904", "\u0939"], ["\u093d", "\u093d"], ["\u0950", "\u0950"], ["\u0958", "\u0961"],
		["\u0966", "\u096f"], ["\u0971", "\u0980"], ["\u0985", "\u098c"], ["\u098f", "\u0990"],
		["\u0993", "\u09a8"], ["\u09aa", "\u09b0"], ["\u09b2", "\u09b2"], ["\u09b6", "\u09b9"],
		["\u09bd", "\u09bd"], ["\u09ce", "\u09ce"], ["\u09dc", "\u09dd"], ["\u09df", "\u09e1"],
		["\u09e6", "\u09f1"], ["\u09f4", "\u09f9"], ["\u09fc", "\u09fc"], ["\u0a05", "\u0a0a"],
		["\u0a0f", "\u0a10"], ["\u0a13", "\u0a28"], ["\u0a2a", "\u0a30"], ["\u0a32", "\u0a33"],
		["\u0a35", "\u0a36"], ["\u0a38", "\u0a39"], ["\u0a59", "\u0a5c"],
	]},
	{"from": "\u0a5e", "to": "\u0b8a", "ranges": [
		["\u0a5e", "\u0a5e"], ["\u0a66", "\u0a6f"], ["\u0a72", "\u0a74"], ["\u0a85", "\u0a8d"],
		["\u0a8f", "\u0a91"], ["\u0a93", "\u0aa8"], ["\u0aaa", "\u0ab0"], ["\u0ab2", "\u0ab3"],
		["\u0ab5", "\u0ab9"], ["\u0abd", "\u0abd"], ["\u0ad0", "\u0ad0"], ["\u0ae0", "\u0ae1"],
		["\u0ae6", "\u0aef"], ["\u0af9", "\u0af9"], ["\u0b05", "\u0b0c"], ["\u0b0f", "\u0b10"],
		["\u0b13", "\u0b28"], ["\u0b2a", "\u0b30"], ["\u0b32", "\u0b33"], ["\u0b35", "\u0b39"],
		["\u0b3d", "\u0b3d"], ["\u0b5c", "\u0b5d"], ["\u0b5f", "\u0b61"], ["\u0b66", "\u0b6f"],
		["\u0b71", "\u0b77"], ["\u0b83", "\u0b83"], ["\u0b85", "\u0b8a"],
	]},
	{"from": "\u0b8e", "to": "\u0cde", "ranges": [
		["\u0b8e", "\u0b90"], ["\u0b92", "\u0b95"], ["\u0b99", "\u0b9a"], ["\u0b9c", "\u0b9c"],
		["\u0b9e", "\u0b9f"], ["\u0ba3", "\u0ba4"], ["\u0ba8", "\u0baa"], ["\u0bae", "\u0bb9"],
		["\u0bd0", "\u0bd0"], ["\u0be6", "\u0bf2"], ["\u0c05", "\u0c0c"], ["\u0c0e", "\u0c10"],
		["\u0c12", "\u0c28"], ["\u0c2a", "\u0c39"], ["\u0c3d", "\u0c3d"], ["\u0c58", "\u0c5a"],
		["\u0c60", "\u0c61"], ["\u0c66", "\u0c6f"], ["\u0c78", "\u0c7e"], ["\u0c80", "\u0c80"],
		["\u0c85", "\u0c8c"], ["\u0c8e", "\u0c90"], ["\u0c92", "\u0ca8"], ["\u0caa", "\u0cb3"],
		["\u0cb5", "\u0cb9"], ["\u0cbd", "\u0cbd"], ["\u0cde", "\u0cde"],
	]},
	{"from": "\u0ce0", "to": "\u0ea5", "ranges": [
		["\u0ce0", "\u0ce1"], ["\u0ce6", "\u0cef"], ["\u0cf1", "\u0cf2"], ["\u0d04", "\u0d0c"],
		["\u0d0e", "\u0d10"], ["\u0d12", "\u0d3a"], ["\u0d3d", "\u0d3d"], ["\u0d4e", "\u0d4e"],
		["\u0d54", "\u0d56"], ["\u0d58", "\u0d61"], ["\u0d66", "\u0d78"], ["\u0d7a", "\u0d7f"],
		["\u0d85", "\u0d96"], ["\u0d9a", "\u0db1"], ["\u0db3", "\u0dbb"], ["\u0dbd", "\u0dbd"],
		["\u0dc0", "\u0dc6"], ["\u0de6", "\u0def"], ["\u0e01", "\u0e30"], ["\u0e32", "\u0e33"],
		["\u0e40", "\u0e46"], ["\u0e50", "\u0e59"], ["\u0e81", "\u0e82"], ["\u0e84", "\u0e84"],
		["\u0e86", "\u0e8a"], ["\u0e8c", "\u0ea3"], ["\u0ea5", "\u0ea5"],
	]},
	{"from": "\u0ea7", "to": "\u115e", "ranges": [
		["\u0ea7", "\u0eb0"], ["\u0eb2", "\u0eb3"], ["\u0ebd", "\u0ebd"], ["\u0ec0", "\u0ec4"],
		["\u0ec6", "\u0ec6"], ["\u0ed0", "\u0ed9"], ["\u0edc", "\u0edf"], ["\u0f00", "\u0f00"],
		["\u0f20", "\u0f33"], ["\u0f40", "\u0f47"], ["\u0f49", "\u0f6c"], ["\u0f88", "\u0f8c"],
		["\u1000", "\u102a"], ["\u103f", "\u1049"], ["\u1050", "\u1055"], ["\u105a", "\u105d"],
		["\u1061", "\u1061"], ["\u1065", "\u1066"], ["\u106e", "\u1070"], ["\u1075", "\u1081"],
		["\u108e", "\u108e"], ["\u1090", "\u1099"], ["\u10a0", "\u10c5"], ["\u10c7", "\u10c7"],
		["\u10cd", "\u10cd"], ["\u10d0", "\u10fa"], ["\u10fc", "\u115e"],
	]},
	{"from": "\u1161", "to": "\u1711", "ranges": [
		["\u1161", "\u1248"], ["\u124a", "\u124d"], ["\u1250", "\u1256"], ["\u1258", "\u1258"],
		["\u125a", "\u125d"], ["\u1260", "\u1288"], ["\u128a", "\u128d"], ["\u1290", "\u12b0"],
		["\u12b2", "\u12b5"], ["\u12b8", "\u12be"], ["\u12c0", "\u12c0"], ["\u12c2", "\u12c5"],
		["\u12c8", "\u12d6"], ["\u12d8", "\u1310"], ["\u1312", "\u1315"], ["\u1318", "\u135a"],
		["\u1369", "\u137c"], ["\u1380", "\u138f"], ["\u13a0", "\u13f5"], ["\u13f8", "\u13fd"],
		["\u1401", "\u166c"], ["\u166f", "\u167f"], ["\u1681", "\u169a"], ["\u16a0", "\u16ea"],
		["\u16ee", "\u16f8"], ["\u1700", "\u170c"], ["\u170e", "\u1711"],
	]},
	{"from": "\u1720", "to": "\u1b33", "ranges": [
		["\u1720", "\u1731"], ["\u1740", "\u1751"], ["\u1760", "\u176c"], ["\u176e", "\u1770"],
		["\u1780", "\u17b3"], ["\u17d7", "\u17d7"], ["\u17dc", "\u17dc"], ["\u17e0", "\u17e9"],
		["\u17f0", "\u17f9"], ["\u1810", "\u1819"], ["\u1820", "\u1878"], ["\u1880", "\u1884"],
		["\u1887", "\u18a8"], ["\u18aa", "\u18aa"], ["\u18b0", "\u18f5"], ["\u1900", "\u191e"],
		["\u1946", "\u196d"], ["\u1970", "\u1974"], ["\u1980", "\u19ab"], ["\u19b0", "\u19c9"],
		["\u19d0", "\u19da"], ["\u1a00", "\u1a16"], ["\u1a20", "\u1a54"], ["\u1a80", "\u1a89"],
		["\u1a90", "\u1a99"], ["\u1aa7", "\u1aa7"], ["\u1b05", "\u1b33"],
	]},
	{"from": "\u1b45", "to": "\u1fbe", "ranges": [
		["\u1b45", "\u1b4b"], ["\u1b50", "\u1b59"], ["\u1b83", "\u1ba0"], ["\u1bae", "\u1be5"],
		["\u1c00", "\u1c23"], ["\u1c40", "\u1c49"], ["\u1c4d", "\u1c7d"], ["\u1c80", "\u1c88"],
		["\u1c90", "\u1cba"], ["\u1cbd", "\u1cbf"], ["\u1ce9", "\u1cec"], ["\u1cee", "\u1cf3"],
		["\u1cf5", "\u1cf6"], ["\u1cfa", "\u1cfa"], ["\u1d00", "\u1dbf"], ["\u1e00", "\u1f15"],
		["\u1f18", "\u1f1d"], ["\u1f20", "\u1f45"], ["\u1f48", "\u1f4d"], ["\u1f50", "\u1f57"],
		["\u1f59", "\u1f59"], ["\u1f5b", "\u1f5b"], ["\u1f5d", "\u1f5d"], ["\u1f5f", "\u1f7d"],
		["\u1f80", "\u1fb4"], ["\u1fb6", "\u1fbc"], ["\u1fbe", "\u1fbe"],
	]},
	{"from": "\u1fc2", "to": "\u24ff", "ranges": [
		["\u1fc2", "\u1fc4"], ["\u1fc6", "\u1fcc"], ["\u1fd0", "\u1fd3"], ["\u1fd6", "\u1fdb"],
		["\u1fe0", "\u1fec"], ["\u1ff2", "\u1ff4"], ["\u1ff6", "\u1ffc"], ["\u2070", "\u2071"],
		["\u2074", "\u2079"], ["\u207f", "\u2089"], ["\u2090", "\u209c"], ["\u2102", "\u2102"],
		["\u2107", "\u2107"], ["\u210a", "\u2113"], ["\u2115", "\u2115"], ["\u2119", "\u211d"],
		["\u2124", "\u2124"], ["\u2126", "\u2126"], ["\u2128", "\u2128"], ["\u212a", "\u212d"],
		["\u212f", "\u2139"], ["\u213c", "\u213f"], ["\u2145", "\u2149"], ["\u214e", "\u214e"],
		["\u2150", "\u2189"], ["\u2460", "\u249b"], ["\u24ea", "\u24ff"],
	]},
	{"from": "\u2776", "to": "\u3096", "ranges": [
		["\u2776", "\u2793"], ["\u2c00", "\u2c2e"], ["\u2c30", "\u2c5e"], ["\u2c60", "\u2ce4"],
		["\u2ceb", "\u2cee"], ["\u2cf2", "\u2cf3"], ["\u2cfd", "\u2cfd"], ["\u2d00", "\u2d25"],
		["\u2d27", "\u2d27"], ["\u2d2d", "\u2d2d"], ["\u2d30", "\u2d67"], ["\u2d6f", "\u2d6f"],
		["\u2d80", "\u2d96"], ["\u2da0", "\u2da6"], ["\u2da8", "\u2dae"], ["\u2db0", "\u2db6"],
		["\u2db8", "\u2dbe"], ["\u2dc0", "\u2dc6"], ["\u2dc8", "\u2dce"], ["\u2dd0", "\u2dd6"],
		["\u2dd8", "\u2dde"], ["\u2e2f", "\u2e2f"], ["\u3005", "\u3007"], ["\u3021", "\u3029"],
		["\u3031", "\u3035"], ["\u3038", "\u303c"], ["\u3041", "\u3096"],
	]},
	{"from": "\u309d", "to": "\ua7ca", "ranges": [
		["\u309d", "\u309f"], ["\u30a1", "\u30fa"], ["\u30fc", "\u30ff"], ["\u3105", "\u312f"],
		["\u3131", "\u3163"], ["\u3165", "\u318e"], ["\u3192", "\u3195"], ["\u31a0", "\u31bf"],
		["\u31f0", "\u31ff"], ["\u3220", "\u3229"], ["\u3248", "\u324f"], ["\u3251", "\u325f"],
		["\u3280", "\u3289"], ["\u32b1", "\u32bf"], ["\u3400", "\u4dbf"], ["\u4e00", "\u9ffc"],
		["\ua000", "\ua48c"], ["\ua4d0", "\ua4fd"], ["\ua500", "\ua60c"], ["\ua610", "\ua62b"],
		["\ua640", "\ua66e"], ["\ua67f", "\ua69d"], ["\ua6a0", "\ua6ef"], ["\ua717", "\ua71f"],
		["\ua722", "\ua788"], ["\ua78b", "\ua7bf"], ["\ua7c2", "\ua7ca"],
	]},
	{"from": "\ua7f5", "to": "\uaab6", "ranges": [
		["\ua7f5", "\ua801"], ["\ua803", "\ua805"], ["\ua807", "\ua80a"], ["\ua80c", "\ua822"],
		["\ua830", "\ua835"], ["\ua840", "\ua873"], ["\ua882", "\ua8b3"], ["\ua8d0", "\ua8d9"],
		["\ua8f2", "\ua8f7"], ["\ua8fb", "\ua8fb"], ["\ua8fd", "\ua8fe"], ["\ua900", "\ua925"],
		["\ua930", "\ua946"], ["\ua960", "\ua97c"], ["\ua984", "\ua9b2"], ["\ua9cf", "\ua9d9"],
		["\ua9e0", "\ua9e4"], ["\ua9e6", "\ua9fe"], ["\uaa00", "\uaa28"], ["\uaa40", "\uaa42"],
		["\uaa44", "\uaa4b"], ["\uaa50", "\uaa59"], ["\uaa60", "\uaa76"], ["\uaa7a", "\uaa7a"],
		["\uaa7e", "\uaaaf"], ["\uaab1", "\uaab1"], ["\uaab5", "\uaab6"],
	]},
	{"from": "\uaab9", "to": "\ufb3e", "ranges": [
		["\uaab9", "\uaabd"], ["\uaac0", "\uaac0"], ["\uaac2", "\uaac2"], ["\uaadb", "\uaadd"],
		["\uaae0", "\uaaea"], ["\uaaf2", "\uaaf4"], ["\uab01", "\uab06"], ["\uab09", "\uab0e"],
		["\uab11", "\uab16"], ["\uab20", "\uab26"], ["\uab28", "\uab2e"], ["\uab30", "\uab5a"],
		["\uab5c", "\uab69"], ["\uab70", "\uabe2"], ["\uabf0", "\uabf9"], ["\uac00", "\ud7a3"],
		["\ud7b0", "\ud7c6"], ["\ud7cb", "\ud7fb"], ["\uf900", "\ufa6d"], ["\ufa70", "\ufad9"],
		["\ufb00", "\ufb06"], ["\ufb13", "\ufb17"], ["\ufb1d", "\ufb1d"], ["\ufb1f", "\ufb28"],
		["\ufb2a", "\ufb36"], ["\ufb38", "\ufb3c"], ["\ufb3e", "\ufb3e"],
	]},
	{"from": "\ufb40", "to": "\ud800\udd78", "ranges": [
		["\ufb40", "\ufb41"], ["\ufb43", "\ufb44"], ["\ufb46", "\ufbb1"], ["\ufbd3", "\ufd3d"],
		["\ufd50", "\ufd8f"], ["\ufd92", "\ufdc7"], ["\ufdf0", "\ufdfb"], ["\ufe70", "\ufe74"],
		["\ufe76", "\ufefc"], ["\uff10", "\uff19"], ["\uff21", "\uff3a"], ["\uff41", "\uff5a"],
		["\uff66", "\uff9f"], ["\uffa1", "\uffbe"], ["\uffc2", "\uffc7"], ["\uffca", "\uffcf"],
		["\uffd2", "\uffd7"], ["\uffda", "\uffdc"], ["\ud800\udc00", "\ud800\udc0b"],
		["\ud800\udc0d", "\ud800\udc26"], ["\ud800\udc28", "\ud800\udc3a"], ["\ud800\udc3c", "\ud800\udc3d"],
		["\ud800\udc3f", "\ud800\udc4d"], ["\ud800\udc50", "\ud800\udc5d"], ["\ud800\udc80", "\ud800\udcfa"],
		["\ud800\udd07", "\ud800\udd33"], ["\ud800\udd40", "\ud800\udd78"],
	]},
	{"from": "\ud800\udd8a", "to": "\ud802\udc76", "ranges": [
		["\ud800\udd8a", "\ud800\udd8b"], ["\ud800\ude80", "\ud800\ude9c"], ["\ud800\udea0", "\ud800\uded0"],
		["\ud800\udee1", "\ud800\udefb"], ["\ud800\udf00", "\ud800\udf23"], ["\ud800\udf2d", "\ud800\udf4a"],
		["\ud800\udf50", "\ud800\udf75"], ["\ud800\udf80", "\ud800\udf9d"], ["\ud800\udfa0", "\ud800\udfc3"],
		["\ud800\udfc8", "\ud800\udfcf"], ["\ud800\udfd1", "\ud800\udfd5"], ["\ud801\udc00", "\ud801\udc9d"],
		["\ud801\udca0", "\ud801\udca9"], ["\ud801\udcb0", "\ud801\udcd3"], ["\ud801\udcd8", "\ud801\udcfb"],
		["\ud801\udd00", "\ud801\udd27"], ["\ud801\udd30", "\ud801\udd63"], ["\ud801\ude00", "\ud801\udf36"],
		["\ud801\udf40", "\ud801\udf55"], ["\ud801\udf60", "\ud801\udf67"], ["\ud802\udc00", "\ud802\udc05"],
		["\ud802\udc08", "\ud802\udc08"], ["\ud802\udc0a", "\ud802\udc35"], ["\ud802\udc37", "\ud802\udc38"],
		["\ud802\udc3c", "\ud802\udc3c"], ["\ud802\udc3f", "\ud802\udc55"], ["\ud802\udc58", "\ud802\udc76"],
	]},
	{"from": "\ud802\udc79", "to": "\ud803\udd23", "ranges": [
		["\ud802\udc79", "\ud802\udc9e"], ["\ud802\udca7", "\ud802\udcaf"], ["\ud802\udce0", "\ud802\udcf2"],
		["\ud802\udcf4", "\ud802\udcf5"], ["\ud802\udcfb", "\ud802\udd1b"], ["\ud802\udd20", "\ud802\udd39"],
		["\ud802\udd80", "\ud802\uddb7"], ["\ud802\uddbc", "\ud802\uddcf"], ["\ud802\uddd2", "\ud802\ude00"],
		["\ud802\ude10", "\ud802\ude13"], ["\ud802\ude15", "\ud802\ude17"], ["\ud802\ude19", "\ud802\ude35"],
		["\ud802\ude40", "\ud802\ude48"], ["\ud802\ude60", "\ud802\ude7e"], ["\ud802\ude80", "\ud802\ude9f"],
		["\ud802\udec0", "\ud802\udec7"], ["\ud802\udec9", "\ud802\udee4"], ["\ud802\udeeb", "\ud802\udeef"],
		["\ud802\udf00", "\ud802\udf35"], ["\ud802\udf40", "\ud802\udf55"], ["\ud802\udf58", "\ud802\udf72"],
		["\ud802\udf78", "\ud802\udf91"], ["\ud802\udfa9", "\ud802\udfaf"], ["\ud803\udc00", "\ud803\udc48"],
		["\ud803\udc80", "\ud803\udcb2"], ["\ud803\udcc0", "\ud803\udcf2"], ["\ud803\udcfa", "\ud803\udd23"],
	]},
	{"from": "\ud803\udd30", "to": "\ud804\ude2b", "ranges": [
		["\ud803\udd30", "\ud803\udd39"], ["\ud803\ude60", "\ud803\ude7e"], ["\ud803\ude80", "\ud803\udea9"],
		["\ud803\udeb0", "\ud803\udeb1"], ["\ud803\udf00", "\ud803\udf27"], ["\ud803\udf30", "\ud803\udf45"],
		["\ud803\udf51", "\ud803\udf54"], ["\ud803\udfb0", "\ud803\udfcb"], ["\ud803\udfe0", "\ud803\udff6"],
		["\ud804\udc03", "\ud804\udc37"], ["\ud804\udc52", "\ud804\udc6f"], ["\ud804\udc83", "\ud804\udcaf"],
		["\ud804\udcd0", "\ud804\udce8"], ["\ud804\udcf0", "\ud804\udcf9"], ["\ud804\udd03", "\ud804\udd26"],
		["\ud804\udd36", "\ud804\udd3f"], ["\ud804\udd44", "\ud804\udd44"], ["\ud804\udd47", "\ud804\udd47"],
		["\ud804\udd50", "\ud804\udd72"], ["\ud804\udd76", "\ud804\udd76"], ["\ud804\udd83", "\ud804\uddb2"],
		["\ud804\uddc1", "\ud804\uddc4"], ["\ud804\uddd0", "\ud804\uddda"], ["\ud804\udddc", "\ud804\udddc"],
		["\ud804\udde1", "\ud804\uddf4"], ["\ud804\ude00", "\ud804\ude11"], ["\ud804\ude13", "\ud804\ude2b"],
	]},
	{"from": "\ud804\ude80", "to": "\ud805\ude2f", "ranges": [
		["\ud804\ude80", "\ud804\ude86"], ["\ud804\ude88", "\ud804\ude88"], ["\ud804\ude8a", "\ud804\ude8d"],
		["\ud804\ude8f", "\ud804\ude9d"], ["\ud804\ude9f", "\ud804\udea8"], ["\ud804\udeb0", "\ud804\udede"],
		["\ud804\udef0", "\ud804\udef9"], ["\ud804\udf05", "\ud804\udf0c"], ["\ud804\udf0f", "\ud804\udf10"],
		["\ud804\udf13", "\ud804\udf28"], ["\ud804\udf2a", "\ud804\udf30"], ["\ud804\udf32", "\ud804\udf33"],
		["\ud804\udf35", "\ud804\udf39"], ["\ud804\udf3d", "\ud804\udf3d"], ["\ud804\udf50", "\ud804\udf50"],
		["\ud804\udf5d", "\ud804\udf61"], ["\ud805\udc00", "\ud805\udc34"], ["\ud805\udc47", "\ud805\udc4a"],
		["\ud805\udc50", "\ud805\udc59"], ["\ud805\udc5f", "\ud805\udc61"], ["\ud805\udc80", "\ud805\udcaf"],
		["\ud805\udcc4", "\ud805\udcc5"], ["\ud805\udcc7", "\ud805\udcc7"], ["\ud805\udcd0", "\ud805\udcd9"],
		["\ud805\udd80", "\ud805\uddae"], ["\ud805\uddd8", "\ud805\udddb"], ["\ud805\ude00", "\ud805\ude2f"],
	]},
	{"from": "\ud805\ude44", "to": "\ud806\ude9d", "ranges": [
		["\ud805\ude44", "\ud805\ude44"], ["\ud805\ude50", "\ud805\ude59"], ["\ud805\ude80", "\ud805\udeaa"],
		["\ud805\udeb8", "\ud805\udeb8"], ["\ud805\udec0", "\ud805\udec9"], ["\ud805\udf00", "\ud805\udf1a"],
		["\ud805\udf30", "\ud805\udf3b"], ["\ud806\udc00", "\ud806\udc2b"], ["\ud806\udca0", "\ud806\udcf2"],
		["\ud806\udcff", "\ud806\udd06"], ["\ud806\udd09", "\ud806\udd09"], ["\ud806\udd0c", "\ud806\udd13"],
		["\ud806\udd15", "\ud806\udd16"], ["\ud806\udd18", "\ud806\udd2f"], ["\ud806\udd3f", "\ud806\udd3f"],
		["\ud806\udd41", "\ud806\udd41"], ["\ud806\udd50", "\ud806\udd59"], ["\ud806\udda0", "\ud806\udda7"],
		["\ud806\uddaa", "\ud806\uddd0"], ["\ud806\udde1", "\ud806\udde1"], ["\ud806\udde3", "\ud806\udde3"],
		["\ud806\ude00", "\ud806\ude00"], ["\ud806\ude0b", "\ud806\ude32"], ["\ud806\ude3a", "\ud806\ude3a"],
		["\ud806\ude50", "\ud806\ude50"], ["\ud806\ude5c", "\ud806\ude89"], ["\ud806\ude9d", "\ud806\ude9d"],
	]},
	{"from": "\ud806\udec0", "to": "\ud81a\ude69", "ranges": [
		["\ud806\udec0", "\ud806\udef8"], ["\ud807\udc00", "\ud807\udc08"], ["\ud807\udc0a", "\ud807\udc2e"],
		["\ud807\udc40", "\ud807\udc40"], ["\ud807\udc50", "\ud807\udc6c"], ["\ud807\udc72", "\ud807\udc8f"],
		["\ud807\udd00", "\ud807\udd06"], ["\ud807\udd08", "\ud807\udd09"], ["\ud807\udd0b", "\ud807\udd30"],
		["\ud807\udd46", "\ud807\udd46"], ["\ud807\udd50", "\ud807\udd59"], ["\ud807\udd60", "\ud807\udd65"],
		["\ud807\udd67", "\ud807\udd68"], ["\ud807\udd6a", "\ud807\udd89"], ["\ud807\udd98", "\ud807\udd98"],
		["\ud807\udda0", "\ud807\udda9"], ["\ud807\udee0", "\ud807\udef2"], ["\ud807\udfb0", "\ud807\udfb0"],
		["\ud807\udfc0", "\ud807\udfd4"], ["\ud808\udc00", "\ud808\udf99"], ["\ud809\udc00", "\ud809\udc6e"],
		["\ud809\udc80", "\ud809\udd43"], ["\ud80c\udc00", "\ud80d\udc2e"], ["\ud811\udc00", "\ud811\ude46"],
		["\ud81a\udc00", "\ud81a\ude38"], ["\ud81a\ude40", "\ud81a\ude5e"], ["\ud81a\ude60", "\ud81a\ude69"],
	]},
	{"from": "\ud81a\uded0", "to": "\ud835\udc54", "ranges": [
		["\ud81a\uded0", "\ud81a\udeed"], ["\ud81a\udf00", "\ud81a\udf2f"], ["\ud81a\udf40", "\ud81a\udf43"],
		["\ud81a\udf50", "\ud81a\udf59"], ["\ud81a\udf5b", "\ud81a\udf61"], ["\ud81a\udf63", "\ud81a\udf77"],
		["\ud81a\udf7d", "\ud81a\udf8f"], ["\ud81b\ude40", "\ud81b\ude96"], ["\ud81b\udf00", "\ud81b\udf4a"],
		["\ud81b\udf50", "\ud81b\udf50"], ["\ud81b\udf93", "\ud81b\udf9f"], ["\ud81b\udfe0", "\ud81b\udfe1"],
		["\ud81b\udfe3", "\ud81b\udfe3"], ["\ud81c\udc00", "\ud821\udff7"], ["\ud822\udc00", "\ud823\udcd5"],
		["\ud823\udd00", "\ud823\udd08"], ["\ud82c\udc00", "\ud82c\udd1e"], ["\ud82c\udd50", "\ud82c\udd52"],
		["\ud82c\udd64", "\ud82c\udd67"], ["\ud82c\udd70", "\ud82c\udefb"], ["\ud82f\udc00", "\ud82f\udc6a"],
		["\ud82f\udc70", "\ud82f\udc7c"], ["\ud82f\udc80", "\ud82f\udc88"], ["\ud82f\udc90", "\ud82f\udc99"],
		["\ud834\udee0", "\ud834\udef3"], ["\ud834\udf60", "\ud834\udf78"], ["\ud835\udc00", "\ud835\udc54"],
	]},
	{"from": "\ud835\udc56", "to": "\ud835\udfa8", "ranges": [
		["\ud835\udc56", "\ud835\udc9c"], ["\ud835\udc9e", "\ud835\udc9f"], ["\ud835\udca2", "\ud835\udca2"],
		["\ud835\udca5", "\ud835\udca6"], ["\ud835\udca9", "\ud835\udcac"], ["\ud835\udcae", "\ud835\udcb9"],
		["\ud835\udcbb", "\ud835\udcbb"], ["\ud835\udcbd", "\ud835\udcc3"], ["\ud835\udcc5", "\ud835\udd05"],
		["\ud835\udd07", "\ud835\udd0a"], ["\ud835\udd0d", "\ud835\udd14"], ["\ud835\udd16", "\ud835\udd1c"],
		["\ud835\udd1e", "\ud835\udd39"], ["\ud835\udd3b", "\ud835\udd3e"], ["\ud835\udd40", "\ud835\udd44"],
		["\ud835\udd46", "\ud835\udd46"], ["\ud835\udd4a", "\ud835\udd50"], ["\ud835\udd52", "\ud835\udea5"],
		["\ud835\udea8", "\ud835\udec0"], ["\ud835\udec2", "\ud835\udeda"], ["\ud835\udedc", "\ud835\udefa"],
		["\ud835\udefc", "\ud835\udf14"], ["\ud835\udf16", "\ud835\udf34"], ["\ud835\udf36", "\ud835\udf4e"],
		["\ud835\udf50", "\ud835\udf6e"], ["\ud835\udf70", "\ud835\udf88"], ["\ud835\udf8a", "\ud835\udfa8"],
	]},
	{"from": "\ud835\udfaa", "to": "\ud83b\ude39", "ranges": [
		["\ud835\udfaa", "\ud835\udfc2"], ["\ud835\udfc4", "\ud835\udfcb"], ["\ud835\udfce", "\ud835\udfff"],
		["\ud838\udd00", "\ud838\udd2c"], ["\ud838\udd37", "\ud838\udd3d"], ["\ud838\udd40", "\ud838\udd49"],
		["\ud838\udd4e", "\ud838\udd4e"], ["\ud838\udec0", "\ud838\udeeb"], ["\ud838\udef0", "\ud838\udef9"],
		["\ud83a\udc00", "\ud83a\udcc4"], ["\ud83a\udcc7", "\ud83a\udccf"], ["\ud83a\udd00", "\ud83a\udd43"],
		["\ud83a\udd4b", "\ud83a\udd4b"], ["\ud83a\udd50", "\ud83a\udd59"], ["\ud83b\udc71", "\ud83b\udcab"],
		["\ud83b\udcad", "\ud83b\udcaf"], ["\ud83b\udcb1", "\ud83b\udcb4"], ["\ud83b\udd01", "\ud83b\udd2d"],
		["\ud83b\udd2f", "\ud83b\udd3d"], ["\ud83b\ude00", "\ud83b\ude03"], ["\ud83b\ude05", "\ud83b\ude1f"],
		["\ud83b\ude21", "\ud83b\ude22"], ["\ud83b\ude24", "\ud83b\ude24"], ["\ud83b\ude27", "\ud83b\ude27"],
		["\ud83b\ude29", "\ud83b\ude32"], ["\ud83b\ude34", "\ud83b\ude37"], ["\ud83b\ude39", "\ud83b\ude39"],
	]},
	{"from": "\ud83b\ude3b", "to": "\ud83e\udff9", "ranges": [
		["\ud83b\ude3b", "\ud83b\ude3b"], ["\ud83b\ude42", "\ud83b\ude42"], ["\ud83b\ude47", "\ud83b\ude47"],
		["\ud83b\ude49", "\ud83b\ude49"], ["\ud83b\ude4b", "\ud83b\ude4b"], ["\ud83b\ude4d", "\ud83b\ude4f"],
		["\ud83b\ude51", "\ud83b\ude52"], ["\ud83b\ude54", "\ud83b\ude54"], ["\ud83b\ude57", "\ud83b\ude57"],
		["\ud83b\ude59", "\ud83b\ude59"], ["\ud83b\ude5b", "\ud83b\ude5b"], ["\ud83b\ude5d", "\ud83b\ude5d"],
		["\ud83b\ude5f", "\ud83b\ude5f"], ["\ud83b\ude61", "\ud83b\ude62"], ["\ud83b\ude64", "\ud83b\ude64"],
		["\ud83b\ude67", "\ud83b\ude6a"], ["\ud83b\ude6c", "\ud83b\ude72"], ["\ud83b\ude74", "\ud83b\ude77"],
		["\ud83b\ude79", "\ud83b\ude7c"], ["\ud83b\ude7e", "\ud83b\ude7e"], ["\ud83b\ude80", "\ud83b\ude89"],
		["\ud83b\ude8b", "\ud83b\ude9b"], ["\ud83b\udea1", "\ud83b\udea3"], ["\ud83b\udea5", "\ud83b\udea9"],
		["\ud83b\udeab", "\ud83b\udebb"], ["\ud83c\udd00", "\ud83c\udd0c"], ["\ud83e\udff0", "\ud83e\udff9"],
	]},
	{"from": "\ud840\udc00", "to": "\ud884\udf4a", "ranges": [
		["\ud840\udc00", "\ud869\udedd"], ["\ud869\udf00", "\ud86d\udf34"], ["\ud86d\udf40", "\ud86e\udc1d"],
		["\ud86e\udc20", "\ud873\udea1"], ["\ud873\udeb0", "\ud87a\udfe0"], ["\ud87e\udc00", "\ud87e\ude1d"],
		["\ud880\udc00", "\ud884\udf4a"],
	]},
]
