/** What clients are told as server_version: the PostgreSQL whose catalog they will be shown. */
export const versionNumber = '18.0';
