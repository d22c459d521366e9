import { expect, it } from 'vitest';
import { renderTemplate } from './go-template.ts';

it.each([
  ['doubled', '{{$x := "aa"}}{{range 27}}{{$x = print $x $x}}{{end}}{{$x}}', {}],
  ['evaluated in brackets', `{{range 10000}}{{if ${'('.repeat(150)}1${')'.repeat(150)}}}{{end}}{{end}}`, {}],
  ['evaluated for its arguments', `{{range 2000}}{{if and ${'1 '.repeat(1000)}}}{{end}}{{end}}`, {}],
  ['evaluated for its fields', `{{range 2000}}{{if $${'.a'.repeat(1000)}}}{{end}}{{end}}`, {}],
  ['padded', '{{range 100}}{{if printf "%99999d" 1}}{{end}}{{end}}', {}],
  ['made of a list', '{{range 1000}}{{if print $.list}}{{end}}{{end}}', { list: Array<number>(10_000).fill(1) }],
  ['made of slices', '{{range 1000}}{{if slice $.list 1}}{{end}}{{end}}', { list: Array<number>(10_000).fill(1) }],
  ['repeated', '{{range .list}}{{$.text}}{{end}}', { list: Array<string>(1900).fill('a'), text: 'x'.repeat(240_000) }],
])('a text that is %s beyond all measure is an error before it is put together', (_how, template, variables) => {
  expect(() => renderTemplate(template, variables)).toThrow(/more than 1000000 steps and characters/);
});

it('a hundred thousand variables take no quadratic time', () => {
  const declared = Array.from({ length: 100_000 }, (_, index) => `{{$v${index} := 1}}{{if $v0}}{{end}}`).join('');
  const started = performance.now();
  expect(renderTemplate(`${declared}{{$v0}}`, {})).toBe('1');
  expect(performance.now() - started).toBeLessThan(5000);
});

it('more arguments than fit on the stack, or comments, are an error or nothing', () => {
  expect(() => renderTemplate(`{{print ${'1 '.repeat(1001)}}}`, {})).toThrow('more than 1000 arguments');
  expect(renderTemplate(`{{print ${'1 '.repeat(1000)}}}`, {})).toBe(Array(1000).fill(1).join(' '));
  expect(renderTemplate(`{{/*${'a'.repeat(16_000_000)}*/}}`, {})).toBe('');
});
