import { describe, expect, it } from 'vitest';
import { workerUrl } from './worker-url.ts';

describe('workerUrl', () => {
  it('names the TypeScript module beside a caller that runs from its sources', () => {
    expect(workerUrl('./worker', 'file:///app/src/evaluation/pool.ts').href).toBe(
      'file:///app/src/evaluation/worker.ts',
    );
  });

  it('names the compiled module beside a caller that was compiled', () => {
    expect(workerUrl('./worker', 'file:///app/dist/evaluation/pool.js').href).toBe(
      'file:///app/dist/evaluation/worker.js',
    );
  });
});
