import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { expect, it } from 'vitest';
import { orderModifiers } from '../../src/authoring/compile/with-order.ts';
import { temporaryFolder } from './policy-folder.ts';
import { realTool } from './real-opa.ts';

const RULES = `package t

f(x) := x

g(_) := 2

called := f(input.x)

r := y if {
	y := called with f as g # why
		# because
		with input.x as 3
	y == 1
}
`;

it('keeps what follows modifiers on its line, so that errors point there', async () => {
  const folder = await temporaryFolder();
  await writeFile(join(folder, 't.rego'), RULES);
  const files = await orderModifiers(folder, await realTool('opa'), new Map(), false);
  const lines = files.get('t.rego')?.split('\n') ?? [];
  expect(lines.slice(9, 14)).toEqual(['\ty := called with input.x as 3', '', 'with f as g', '\ty == 1', '}']);
});
