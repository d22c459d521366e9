/** Writes capabilities.json anew, for a new version of OPA or another set of builtins: npm run capabilities */
import { writeFile } from 'node:fs/promises';
import { readConfig } from '../src/config.ts';
import { CAPABILITIES_FILE, deriveCapabilities } from '../src/policy/capabilities.ts';
import { findTool } from '../src/policy/tool.ts';

const { opa, cacheDir } = readConfig(process.env);
const found = await findTool('opa', { opa: opa ?? undefined, cacheDir, env: process.env });
await writeFile(CAPABILITIES_FILE, await deriveCapabilities(found));
