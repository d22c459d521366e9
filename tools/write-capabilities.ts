/** Writes capabilities.json anew, for a new version of OPA or another set of builtins: npm run capabilities */
import { writeFile } from 'node:fs/promises';
import { CAPABILITIES_FILE, deriveCapabilities } from '../src/authoring/toolchain/capabilities.ts';
import { findTool } from '../src/authoring/toolchain/tool.ts';
import { readConfig } from '../src/config.ts';

const { opa, cacheDir } = readConfig(process.env);
const found = await findTool('opa', { opa: opa ?? undefined, cacheDir, env: process.env });
await writeFile(CAPABILITIES_FILE, await deriveCapabilities(found));
