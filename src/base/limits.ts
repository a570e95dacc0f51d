// Every number that bounds something, with its reason. Units are in the names.

export const limits = {
  /** PostgreSQL's MAX_STARTUP_PACKET_LENGTH: nothing larger is read before authentication. */
  startupBytesMax: 10_000,
  /** PostgreSQL's PG_MAX_AUTH_TOKEN_LENGTH: one message of a client that has not proved itself yet. */
  authenticationBytesMax: 65_535,
  /** Of a cancel key, by protocol 3.2. */
  cancelKeyBytesMax: 256,
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
  /** Nodes of a statement's tree, and of what it becomes with policies, views and functions written in. */
  treeNodesMax: 50_000,
  rewrittenNodesMax: 200_000,
  /** For how many nodes a SELECT counts: set operations cost DuckDB the square of their number (0.9 s for 3,000). */
  queryNodeWeight: 25,
  /** Sum over all expressions of nodes times the square of the height: about a second of DuckDB's planning. */
  expressionCostMax: 100_000_000,
  /** Of the trees as DuckDB gives them, before they are read: the nodes above have about 160 bytes each. */
  treeJsonBytesMax: 8_388_608,
  rewrittenJsonBytesMax: 33_554_432,
  /** Bodies of views and functions written into one statement: a function that calls another twice doubles them. */
  expansionsMax: 5_000,
  /** Table uses in one statement after views and policies are expanded. */
  tableUsesMax: 2_000,
  /** Nesting of views and SQL functions inside one another. */
  expansionDepthMax: 32,
  /** Views and functions in one statement with all that they mention: one that mentions another twice doubles it. */
  expandedBodiesMax: 1_000,
  /** Nodes that arguments of SQL functions add to a statement: a body may repeat one that already repeats another. */
  inlinedNodesMax: 100_000,
  /** Nesting of groups. */
  groupDepthMax: 32,
  /** Bound parameters of one statement: the protocol's count is 16 bits. */
  parametersMax: 65_535,
  /** Prepared statements and portals of one session. */
  preparedStatementsMax: 1_000,
  portalsMax: 1_000,
  /** Bytes of texts and parameters that a session's prepared statements and portals may hold, and those of all sessions. */
  sessionHeldBytesMax: 201_326_592,
  allHeldBytesMax: 805_306_368,
  /** What holding anything costs besides its bytes. */
  heldOverheadBytes: 1_024,
  /** Bytes of encoded rows gathered before they are handed to the socket. */
  writeBufferBytes: 262_144,
  /** Of one value that COPY spells; it grows where a value is longer. */
  copyCellBytes: 16_384,
  /** Of one line, or binary row, that a client copies; as much as one frame may have. */
  copyRowBytesMax: 67_108_864,
  /** Rows that a client copies, and bytes of them, before they are handed to the engine. */
  copyBatchRows: 10_000,
  copyBatchBytes: 4_194_304,
  /** Of a value or a line that the context of an error repeats; PostgreSQL's. */
  copyShownCharactersMax: 100,
  /** Time for a client to finish start-up and authentication. */
  authenticationTimeoutMs: 60_000,
  /** Failed logins of one user from one address, and of all users from it, before the next has to wait. */
  failedLoginsFree: 5,
  failedLoginsOfAddressFree: 100,
  /** The wait doubles from a second up to this. */
  failedLoginWaitMsMax: 300_000,
  /** After this without a failure earlier ones are forgotten. */
  failedLoginMemoryMs: 900_000,
  /** Pairs of user and address, and addresses, of which failures are remembered. */
  failedLoginEntriesMax: 50_000,
  /** Of a verifier: what one login in clear text may cost (about 0.4 s). */
  scramIterationsMax: 1_000_000,
  /** For the keys of an identity provider, how long they are kept, and how often unknown ones make it asked again. */
  jwksTimeoutMs: 5_000,
  jwksMaxAgeMs: 600_000,
  jwksCooldownMs: 30_000,
  /** What a client gets to take the last answer before its socket is destroyed. */
  lingerMs: 5_000,
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
  /** Then a statement that ignores its interrupts ends the process, which is started again: its thread cannot be had back. */
  stuckStatementMs: 60_000,
  /** Times the resident limit: above it nothing that is stopped gives back in time, and the process ends itself. */
  memoryExhaustedFactor: 1.5,
  /** Connections of one server. */
  connectionsMax: 2_000,
  /** Beyond them: those that are told so, or carry a cancel request. More are hung up on at once. */
  connectionsOverMax: 200,
  /** Names that an error says may have been meant. */
  nameHintsMax: 3,
  /** Rewritten statements kept (by text, principal, settings and catalog version). */
  planCacheEntriesMax: 5_000,
  planCacheBytesMax: 67_108_864,
  /** What a plan takes besides its SQL. */
  planOverheadBytes: 4_096,
  /** SQL longer than this is planned, and prepared, each time. */
  keptSqlBytesMax: 65_536,
  /** The same for statements that the engine keeps prepared, which each connection does for itself. */
  idleSqlBytesMax: 16_384,
  /** Prepared statements of the engine kept on one connection for the next use. */
  idleStatementsMax: 64,
  /** Then the statement gets a transaction of its own, in which nothing can be committed under it. */
  stalePlanAttemptsMax: 3,
  /** JSON of the rows of one mention of information_schema; 10,000 tables of 20 columns are some 60 MB. */
  systemRowsCharactersMax: 134_217_728,
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
  /** Rounds in which the lineage of a recursive query may still grow; then its columns are not told apart. */
  lineagePassesMax: 100,
  /** Principals whose groups a snapshot remembers. */
  groupCacheEntriesMax: 100_000,
  /** Objects that an error names. */
  namesInErrorMax: 5,
  /** Of the secret that keyed masks of a catalog take: as long as SHA-256 gives. */
  maskKeyBytes: 32,
  /** Row filters of one table: each is evaluated for each row. */
  rowFiltersMax: 16,
  /** Entries of the change log that are read as one piece. */
  storePageEntries: 500,
  /** Earlier states of the catalog kept for the next question about them. */
  pastCatalogsMax: 4,
  /** Parsed literals of policies. */
  policyLiteralsMax: 1_000,
  /** Tags of one catalog, schema, table or column; Unity Catalog's quota. */
  tagsPerObjectMax: 50,
  tagKeyCharactersMax: 255,
  tagValueCharactersMax: 1_000,
  /** Policies set on one catalog, schema or table: every use of a table looks through those of three objects. */
  policiesPerObjectMax: 100,
  /** Users and groups in TO and EXCEPT of one policy. */
  policyPrincipalsMax: 20,
  /** MATCH COLUMNS expressions of one policy; Unity Catalog's quota. */
  policyMatchesMax: 3,
  /** Words of one tag condition. */
  conditionTermsMax: 200,
  /** Nesting of one tag condition. */
  conditionDepthMax: 32,
  /** Ways in which one policy may bind the columns of one table. */
  policyApplicationsMax: 2_000,
  policyLiteralBytesMax: 1_048_576,
  /** Audit events waiting for the writer; beyond it statements wait. */
  auditQueueEventsMax: 100_000,
  /** Statement text kept in an audit event. */
  auditStatementBytesMax: 65_536,
  /** White space put before a span of a statement so that the parser's places are the statement's; beyond it they are not. */
  spanPaddingMax: 8_192,
  /** Personal access tokens of one user, with those that have expired. */
  tokensPerUserMax: 100,
  tokenCommentCharactersMax: 1_000,
  /** A hundred years. */
  tokenDaysMax: 36_525,
  /** Principals that one WHO CAN goes through; each takes a decision of some ten microseconds. */
  whoCanPrincipalsMax: 10_000,
  /** Decisions about hypothetical readers in a row before other sessions are let in. */
  visibilityProbesPerTurn: 50,
  /** Statements in one PLAN. */
  planStatementsMax: 1_000,
  /** Pairs of a user and a relation that one PLAN compares before and after. */
  planComparisonsMax: 200_000,
  /** Visible rows that one PLAN counts, each with a query before and one after. */
  planCountsMax: 50,
  /** Plans that wait to be applied, and how long they do. */
  plansMax: 1_000,
  planLifeMs: 3_600_000,
  /** How often APPLY PLAN starts again when the catalog changes under it. */
  applyAttemptsMax: 5,
  /** Access tests of one metastore: APPLY PLAN runs all of them. */
  accessTestsMax: 1_000,
  /** Rows that an access test counts. */
  accessTestRowsMax: 1_000_000,
  /** Of one transaction. */
  savepointsMax: 10_000,
  /** Embedded PostgreSQL instances: about 50 MB each. */
  catalogClassesMax: 8,
  /** Roles that one of them has been given; then they are looked for again. */
  catalogUsersMax: 10_000,
  /** What users may know of a catalog, kept per version of the catalog. */
  knownSchemasMax: 100,
  /** Queries of the catalogs that wait for the one worker. */
  catalogQuestionsMax: 1_000,
  catalogQueryTimeoutMs: 5_000,
  /** To load an instance and to define everything in it. */
  catalogStartTimeoutMs: 30_000,
  catalogRowsMax: 1_000_000,
  identifierBytesMax: 255,
  /** Edges of one statement; beyond that only its tables are kept. */
  lineageEdgesMax: 20_000,
  /** Reads are written in groups: so many, or after so long. */
  lineageReadsPerGroup: 500,
  lineageReadDelayMs: 500,
  /** Reads that are kept, and how many events go by between two looks. */
  lineageReadsMax: 1_000_000,
  lineageEventsPerSweep: 100_000,
  lineageKnownFlowsMax: 10_000,
  /** Statements that one step of SHOW LINEAGE looks at. */
  lineageFlowsMax: 10_000,
  lineageDepthMax: 50,
  /** Rows of one SHOW LINEAGE or WHAT DEPENDS ON. */
  lineageRowsMax: 100_000,
} as const;
