/**
 * The URL of the module of a worker thread. Modules run as TypeScript from `src/` and as JavaScript from `dist/`, and a worker
 * is no import whose extension the compiler would rewrite.
 *
 * @param module path without extension, relative to the caller, such as `./reader`
 * @param callerUrl `import.meta.url` of the caller
 * @example new Worker(workerUrl('./reader', import.meta.url), { workerData })
 */
export function workerUrl(module: string, callerUrl: string): URL {
  const extension = callerUrl.endsWith('.ts') ? 'ts' : 'js';
  return new URL(`${module}.${extension}`, callerUrl);
}
