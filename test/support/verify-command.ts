import { mkdtempSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { verifyCommand } from '../../src/cli/verify.ts';

const dir = mkdtempSync(join(tmpdir(), 'countersign-verify-'));

/** Writes a file of text, or of a value as JSON, and gives its path. */
export function fileWith(name: string, content: unknown): string {
  const path = join(dir, name);
  writeFileSync(path, typeof content === 'string' ? content : JSON.stringify(content));
  return path;
}

/** Runs `countersign verify` in this process. It rejects where the command would end with exit code 3. */
export async function runVerify(
  args: readonly string[],
  stdin = '',
): Promise<{ code: number; out: string; err: string }> {
  const out: string[] = [];
  const err: string[] = [];
  let code = 0;
  const terminal = {
    out: (text: string) => out.push(text),
    err: (text: string) => err.push(text),
    stdin: async () => stdin,
  };
  const command = verifyCommand(terminal, (with_) => {
    code = with_;
  });
  await command.exitOverride().parseAsync(args, { from: 'user' });
  return { code, out: out.join('\n'), err: err.join('\n') };
}
