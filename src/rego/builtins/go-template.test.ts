import { describe, expect, it } from 'vitest';
import { parseRego, type RegoObject } from '../value.ts';
import { renderTemplate } from './go-template.ts';

const DATA = `{${[
  String.raw`"n": 0, "m": 12, "big": 1e400, "s": "a<b>\"é'", "e": "", "t": true, "z": null`,
  '"l": [1, "x", null, [2], {"k": "v"}], "el": [], "o": {"b": {"c": "deep"}, "a": [1, 2], "z": null}',
].join(', ')}}`;

function render(template: string, data = DATA): string {
  return renderTemplate(template, parseRego(data) as RegoObject);
}

// What opa 1.22.4 answers.
describe('renderTemplate', () => {
  it.each([
    ['no action', 'no action'],
    [
      '{{.m}} {{.big}} {{.s}} {{.t}} {{.l}} {{.o}}',
      '12 1e400 a<b>"é\' true [1 x <nil> [2] map[k:v]] map[a:[1 2] b:map[c:deep] z:<nil>]',
    ],
    ['{{.z}} {{.missing}} {{.missing.more}} {{print .z nil}}', '<undefined> <undefined> <undefined> <nil> <nil>'],
    ['a \n{{- " b " -}}\n c {{- /* comment */ -}} d{{/* comment */}}e', 'a b cde'],
    [
      '{{if .n}}numbers of the data are texts{{end}}{{if .e}}{{else if .el}}{{else}}neither{{end}}',
      'numbers of the data are textsneither',
    ],
    ['{{if 0}}yes{{else}}no{{end}}{{if not .z}} nil{{end}}', 'no nil'],
    ['{{with .o.b}}{{.c}} {{$.m}}{{else}}none{{end}}{{with .e}}{{else with .t}}{{.}}{{end}}', 'deep 12true'],
    [
      '{{range $i, $x := .l}}{{$i}}={{$x}};{{end}}{{range $k, $v := .o}}{{$k}};{{end}}{{range .el}}{{else}}none{{end}}',
      '0=1;1=x;2=<undefined>;3=[2];4=map[k:v];a;b;z;none',
    ],
    [
      '{{range 3}}{{.}}{{if eq . 1}}{{break}}{{end}}{{end}}{{range .l}}{{if .}}{{continue}}{{end}}{{.}}{{end}}',
      '01<undefined>',
    ],
    ['{{$x := 1}}{{if true}}{{$x = 2}}{{$x := 3}}{{end}}{{$x}}', '2'],
    [
      '{{.s | printf "%s-%5d|%-3v|%q" "é" 7 .m}} {{printf "%v %v" .l .z}}',
      'é-    7|12 |"a<b>\\"é\'" [1 x <nil> [2] map[k:v]] <nil>',
    ],
    [
      '{{len .s}} {{len .m}} {{len .l}} {{index .l 3 0}} {{index .o "b" "c"}} {{index "abc" 1}} {{slice .s 1 3}}',
      '8 2 5 2 deep 98 <b',
    ],
    [
      '{{and .m .e .z}} {{or .e .m}} {{eq .m "12"}} {{ne 1 2}} {{lt "a" "b"}} {{le 2 2}} {{gt 3 2}} {{ge 2 3}}',
      ' 12 true true true true true false',
    ],
    [
      '{{html .s}} {{js .s "=\\u0001"}} {{urlquery .s " &"}} {{print 1 2 "x" 3}}{{println .n .t}}',
      'a&lt;b&gt;&#34;é&#39; a\\u003Cb\\u003E\\"é\\\'\\u003D\\u0001 a%3Cb%3E%22%C3%A9%27+%26 1 2x30 true\n',
    ],
    ['{{(index .l 4).k}} {{"\\x41\\u00e9\\t"}} {{`raw\\n`}} {{(.o.b.c | len)}}', 'v Aé\t raw\\n 4'],
    ['{{printf "%T %T %T|%[1]T %[2]q %.2[3]T" 1 "a" .m}}', 'int string json.Number|int "a" js'],
    // Of Unicode 15.0, and later.
    ['{{.\u{31350}.x}} {{js "\u{1FAE8}\u{1FAE9}"}}', '<undefined> \u{1FAE8}\\u1FAE9'],
    ['{{eq .m "1" "12"}} {{eq .z nil}} {{eq .missing 1}}', 'true true false'],
  ])('%j', (template, text) => {
    expect(render(template)).toBe(text);
  });

  it.each([
    ['{{', 'unclosed action'],
    ['{{/* a */ b */}}', 'unclosed comment'],
    ['{{.a', 'unclosed action'],
    ['{{"a}}', 'in action'],
    ['{{$x}}', 'undefined variable "$x"'],
    ['{{$x = 1}}', 'undefined variable: $x'],
    ['{{nope}}', 'function "nope" not defined'],
    ['{{if .m}}', 'unexpected EOF'],
    ['{{end}}', 'unexpected {{end}}'],
    ['{{if .m}}{{else}}{{else}}{{end}}', 'expected {{end}}'],
    ['{{break}}', '{{break}} outside {{range}}'],
    ['{{.m | 1}}', 'non executable command in pipeline'],
    ['{{nil}}', 'nil is not a command'],
    ['{{.m 1}}', 'm is not a method but has arguments'],
    ['{{1 2}}', "can't give argument to non-function"],
    ['{{.s.x}}', "can't evaluate field x in type string"],
    ['{{.o.z.x}}', 'nil pointer evaluating interface {}.x'],
    ['{{range .m}}{{end}}', "range can't iterate over 12"],
    ['{{range $i, $x := 3}}{{end}}', 'more than one variable'],
    ['{{eq .m 12}}', 'incompatible types for comparison: json.Number and int'],
    ['{{eq .l .l}}', 'non-comparable type'],
    ['{{lt .t .t}}', 'invalid type for comparison'],
    ['{{index .l .n}}', 'cannot index slice/array with type json.Number'],
    ['{{index .l 5}}', 'index out of range: 5'],
    ['{{index .z 1}}', 'index of untyped nil'],
    ['{{len .t}}', 'len of type bool'],
    ['{{not}}', 'wrong number of args for not: got 0'],
    ['{{printf .m}}', 'wrong type for value; expected string; got json.Number'],
    ['{{.\u088F}}', 'in action'],
    ['{{$\u{10D50} := 1}}', 'in action'],
    ['{{"\\q"}}', 'invalid syntax: \\q'],
  ])('refuses %j, as Go does', (template, message) => {
    expect(() => render(template)).toThrow(message);
  });

  it.each([
    ['{{define "t"}}{{end}}', '{{define}} is not supported'],
    ['{{1.5}}', 'the number 1.5 is not supported'],
    ["{{'a'}}", "the number 'a' is not supported"],
    ['{{printf "%d" .m}}', 'printf would say'],
    ['{{slice "é" 1}}', 'the slice would cut a character'],
    ['{{range 2000000}}{{end}}', 'more than 1000000 steps'],
    [`{{${'('.repeat(300)}1}}`, 'max expression depth exceeded'],
  ])('refuses %j, though Go does not', (template, message) => {
    expect(() => render(template)).toThrow(message);
  });

  it('takes data that JSON can hold, and texts that Go writes as JSON does', () => {
    expect(() => render('', '{"a": {1}}')).toThrow('a template has no place for sets');
    expect(() => render('', '{"a": {1: 2}}')).toThrow('a template has no place for a key of type number');
    expect(() => render('', '{"a": "\\u0001"}')).toThrow('JSON');
    expect(render('{{.a}}', '{"a": "\u{1FAE8}\u088F"}')).toBe('\u{1FAE8}\u088F');
    // OPA writes it with an escape that JSON does not know.
    expect(() => render('', '{"a": "\u{1FAE9}"}')).toThrow('JSON');
  });
});
