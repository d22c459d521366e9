/** The limits of one client, by the name in its tokens. */
export interface ClientLimits {
  bodyLimitBytes: number;
  /** Points a minute: client-budget.ts defines the cost of calls. */
  rateLimitPerMinute: number;
  /** Bytes of records that its calls make the service write in a minute. */
  writeBytesPerMinute: number;
  /** Bytes of bodies being handled, and of answers that were not read yet. */
  inFlightBytes: number;
  /** Searches, exports and reads of whole cases at a time. */
  longReads: number;
}

export interface ConnectionLimits {
  /** In total. File handles may allow fewer, see file-handles.ts. */
  maxConnections: number;
  /** From one remote address; null for three quarters of all. */
  maxConnectionsPerAddress: number | null;
  /** For headers and body of a call to arrive. */
  requestTimeoutMs: number;
  /** How long an answer may wait without its caller reading any of it. */
  answerTimeoutMs: number;
  /** Between one call on a connection and the next. */
  idleTimeoutMs: number;
}
