/** Why a policy cannot be opened, or its data not be replaced. */
export type RegoErrorCode =
  /** The bytes are not a bundle that this library reads. */
  | 'bundle_invalid'
  /** The module was not compiled by OPA, or not in a form that can be bounded and completed. */
  | 'module_invalid'
  /** The module calls builtins that nobody provides. */
  | 'builtin_missing'
  /** A builtin of the caller has the name of one that the module implements itself. */
  | 'builtin_reserved'
  /** The data document is not a JSON object, or a patch does not apply to it. */
  | 'data_invalid'
  /** Module and data take more memory than allowed. */
  | 'out_of_memory'
  /** A worker thread could not be started, or was closed. */
  | 'worker_unavailable';

/**
 * What opening a policy, replacing its data and starting a worker throw. What goes wrong in an evaluation is not thrown: it is
 * part of the result, see RegoResult.
 */
export class RegoError extends Error {
  override readonly name = 'RegoError';
  readonly code: RegoErrorCode;

  constructor(code: RegoErrorCode, message: string, options?: ErrorOptions) {
    super(message, options);
    this.code = code;
  }
}
