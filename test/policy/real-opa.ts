import { defaultCacheDir, findTool, type Tool } from '../../src/authoring/toolchain/tool.ts';

/** The real tool, found as a user's is; the first time it may have to be built. */
export function realTool(tool: Tool): Promise<string> {
  const opa = process.env['COUNTERSIGN_OPA'];
  const onProgress = (line: string) => process.stderr.write(`${line}\n`);
  return findTool(tool, { opa, cacheDir: defaultCacheDir(process.env), env: process.env, onProgress });
}
