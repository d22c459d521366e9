/** Runs tasks of one case one after the other, and tasks of different cases side by side. */
export interface CaseQueue {
  run<T>(caseId: string, task: () => Promise<T>): Promise<T>;
}

export function createCaseQueue(): CaseQueue {
  const tails = new Map<string, Promise<unknown>>();
  return {
    run(caseId, task) {
      const before = tails.get(caseId) ?? Promise.resolve();
      const mine = before.then(task, task);
      tails.set(caseId, mine);
      const forget = () => {
        if (tails.get(caseId) === mine) tails.delete(caseId);
      };
      mine.then(forget, forget);
      return mine;
    },
  };
}
