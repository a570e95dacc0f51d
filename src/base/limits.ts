// Every number that bounds something, with its reason. Units are in the names.

export const limits = {
  /** PostgreSQL's MAX_STARTUP_PACKET_LENGTH: nothing larger is read before authentication. */
  startupBytesMax: 10_000,
  /** One frame after authentication; large enough for a 64 MiB bound parameter. */
  frameBytesMax: 67_108_864,
  /** Bytes of frames read but not yet handled on one connection before its socket is paused. */
  pendingFrameBytesMax: 1_048_576,
  /** A message of several statements is split and checked; DuckDB's own parser degrades beyond this. */
  statementBytesMax: 262_144,
  /** Analysed without a pause; the steps of larger ones let other sessions in between. */
  smallStatementBytes: 16_384,
  /** PostgreSQL's MaxTupleAttributeNumber: of a select list, and of a result. */
  resultColumnsMax: 1_664,
  /** Statements in one simple-query message. */
  statementsPerMessageMax: 1_000,
  /** Depth of a SQL tree; also bounds every recursive walk over it. */
  treeDepthMax: 400,
  /** Table uses in one statement after views and policies are expanded. */
  tableUsesMax: 2_000,
  /** Nesting of views and SQL functions inside one another. */
  expansionDepthMax: 32,
  /** Nesting of groups. */
  groupDepthMax: 32,
  /** Bound parameters of one statement: the protocol's count is 16 bits. */
  parametersMax: 65_535,
  /** Prepared statements and portals of one session. */
  preparedStatementsMax: 1_000,
  portalsMax: 1_000,
  /** Bytes of encoded rows gathered before they are handed to the socket. */
  writeBufferBytes: 262_144,
  /** Time for a client to finish start-up and authentication. */
  authenticationTimeoutMs: 60_000,
  /** Between probes of a silent connection. */
  keepAliveMs: 60_000,
  /** What busy connections get when the server stops. */
  shutdownGraceMs: 10_000,
  /** What answers under way get when the engine has failed. */
  restartDelayMs: 200,
  /** How long a start waits for the data directory of a process that is just ending. */
  lockWaitMs: 3_000,
  /** Between interrupts of a query that is to stop. */
  interruptRepeatMs: 20,
  /** Connections of one server. */
  connectionsMax: 2_000,
  /** Rewritten statements kept (by text, principal, settings and catalog version). */
  planCacheEntriesMax: 5_000,
  /** Prepared statements of the engine kept on one connection for the next use. */
  idleStatementsMax: 64,
  /** Then the statement gets a transaction of its own, in which nothing can be committed under it. */
  stalePlanAttemptsMax: 3,
  /** Rows of a portal kept in memory while another statement runs. */
  detachedRowsMax: 1_000_000,
  /** Rows of the table on which the barrier is tried at every start. */
  canaryRows: 50_000,
  /** Between looks at the process's memory. */
  memoryWatchMs: 200,
  /** By how much the memory limit gives way when nothing is left to stop. */
  memoryRaiseFactor: 1.25,
  /** Statements waiting for a place in the engine. */
  waitingStatementsMax: 1_000,
  /** Principals whose groups a snapshot remembers. */
  groupCacheEntriesMax: 100_000,
  /** Objects that an error names. */
  namesInErrorMax: 5,
  /** Of the secret that keyed masks of a catalog take: as long as SHA-256 gives. */
  maskKeyBytes: 32,
  /** Row filters of one table: each is evaluated for each row. */
  rowFiltersMax: 16,
  /** Parsed literals of policies. */
  policyLiteralsMax: 1_000,
  /** Audit events waiting for the writer; beyond it statements wait. */
  auditQueueEventsMax: 100_000,
  /** Statement text kept in an audit event. */
  auditStatementBytesMax: 65_536,
  identifierBytesMax: 255,
} as const;
