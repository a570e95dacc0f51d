// Table functions, table macros and pragmas. Three are allowed: they make rows from their arguments, a chunk at a time.
import type { RefusalReason } from './function-class.ts';

export const allowedTableNames = 'range generate_series unnest';

/** Everything else, by reason. json_each and json_tree read only their argument, but give a text for each node: n²
 * bytes for n; list_transform over json_extract says the same. */
export const refusedTableNames: { readonly [R in RefusalReason]?: string } = {
  readsOutside: `
    arrow_scan arrow_scan_dumb glob parquet_bloom_probe parquet_file_metadata parquet_full_metadata parquet_kv_metadata
    parquet_metadata parquet_scan parquet_schema read_blob read_csv read_csv_auto read_duckdb read_json read_json_auto
    read_json_objects read_json_objects_auto read_ndjson read_ndjson_auto read_ndjson_objects read_parquet read_text
    seq_scan sniff_csv`,
  introspects: `
    check_peg_parser duckdb_approx_database_count duckdb_columns duckdb_connection_count duckdb_constraints
    duckdb_coordinate_systems duckdb_databases duckdb_dependencies duckdb_extensions duckdb_external_file_cache
    duckdb_functions duckdb_indexes duckdb_keywords duckdb_log_contexts duckdb_logs duckdb_logs_parsed duckdb_memory
    duckdb_optimizers duckdb_prepared_statements duckdb_profiling_settings duckdb_schemas duckdb_secret_types
    duckdb_secrets duckdb_sequences duckdb_settings duckdb_table_sample duckdb_tables duckdb_temporary_files duckdb_types
    duckdb_variables duckdb_views icu_calendar_names pg_timezone_names pragma_collations pragma_database_size
    pragma_metadata_info pragma_platform pragma_show pragma_storage_info pragma_table_info pragma_user_agent
    pragma_version which_secret`,
  runsSql: 'json_execute_serialized_sql query query_table sql_auto_complete',
  sideEffect: `
    checkpoint disable_logging disable_peg_parser disable_profiling enable_logging enable_peg_parser enable_profiling
    force_checkpoint truncate_duckdb_logs`,
  tableMacro: 'histogram histogram_values summary',
  internal: 'json_each json_tree repeat repeat_row test_all_types test_vector_types',
};

/** No PRAGMA reaches DuckDB. Listed so that a new one is seen. */
export const pragmaNames = `
  add_parquet_key all_profiling_output collations copy_database database_list database_size disable_checkpoint_on_shutdown
  disable_object_cache disable_optimizer disable_print_progress_bar disable_profile disable_profiling disable_progress_bar
  disable_verification disable_verify_external disable_verify_fetch_row disable_verify_parallelism
  disable_verify_serializer enable_checkpoint_on_shutdown enable_object_cache enable_optimizer enable_print_progress_bar
  enable_profile enable_profiling enable_progress_bar enable_verification extension_versions force_checkpoint functions
  import_database json_execute_serialized_sql metadata_info platform show show_databases show_tables show_tables_expanded
  storage_info table_info user_agent verify_external verify_fetch_row verify_parallelism verify_serializer version`;
