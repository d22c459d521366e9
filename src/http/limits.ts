/** What one client, by the name in its tokens, may make the service do. */
export interface ClientLimits {
  bodyLimitBytes: number;
  /** Points a minute: what calls cost is told in client-budget.ts. */
  rateLimitPerMinute: number;
  /** Bytes of records that its calls make the service write in a minute. */
  writeBytesPerMinute: number;
  /** Bytes of bodies that are worked at, and of answers that were not taken yet. */
  inFlightBytes: number;
  /** Searches, exports and reads of whole cases at a time. */
  longReads: number;
}

export interface ConnectionLimits {
  /** In all. What file handles allow may be less, see file-handles.ts. */
  maxConnections: number;
  /** From one remote address; null for three quarters of all. */
  maxConnectionsPerAddress: number | null;
  /** For headers and body of a call to arrive. */
  requestTimeoutMs: number;
  /** For which an answer may wait without its caller taking any of it. */
  answerTimeoutMs: number;
  /** Between one call on a connection and the next. */
  idleTimeoutMs: number;
}
