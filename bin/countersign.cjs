#!/usr/bin/env node
'use strict';

/*
 * Starts the command, and sees to it that nothing but the command itself gives an exit code with a meaning: 1 would say
 * "deny", so whatever goes wrong around it is a 3. Written so that a Node far too old for the rest can still run it.
 */
const { existsSync } = require('fs');
const { join } = require('path');
const { pathToFileURL } = require('url');
const { engines } = require('../package.json');

const FAULT = 3;

/** The parts of a version as numbers: [24, 1, 0] of `>=24.1.0`. */
const parse = (version) => /\d+(\.\d+)*/.exec(version)[0].split('.').map(Number);

function isOlder(version, floor) {
  for (let index = 0; index < floor.length; index++) {
    if (version[index] !== floor[index]) return version[index] < floor[index];
  }
  return false;
}

function fail(text) {
  process.stderr.write(`countersign: ${text}\n`);
  process.exit(FAULT);
}

if (isOlder(parse(process.version), parse(engines.node))) {
  fail(
    `Node ${process.version} is too old; it needs Node ${engines.node}. Run it with that version, or as ` +
      '`npx countersign` in a project that has the package installed, which includes its own Node.',
  );
}

process.exitCode = FAULT; // Until the command has come to its end.
process.on('uncaughtException', (error) => fail(`it failed: ${error instanceof Error ? error.stack : error}`));

// In the repository there is only the source, in the package only what was compiled of it.
const source = join(__dirname, '..', 'src', 'main.ts');
const main = existsSync(source) ? source : join(__dirname, '..', 'dist', 'main.js');
import(pathToFileURL(main).href).catch((error) => fail(`it cannot start: ${String(error.message).split('\n')[0]}`));
