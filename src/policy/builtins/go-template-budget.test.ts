import { expect, it } from 'vitest';
import { renderTemplate } from './go-template.ts';

it.each([
  ['doubled', '{{$x := "aa"}}{{range 27}}{{$x = print $x $x}}{{end}}{{$x}}', {}],
  ['repeated', '{{range .list}}{{$.text}}{{end}}', { list: Array<string>(1900).fill('a'), text: 'x'.repeat(240_000) }],
])('a text that is %s beyond all measure is an error before it is put together', (_how, template, variables) => {
  expect(() => renderTemplate(template, variables)).toThrow(/more than 1000000 steps and characters/);
});
