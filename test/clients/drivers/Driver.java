import java.math.BigDecimal;
import java.sql.*;
import java.util.*;

/** What pgJDBC got, one JSON line a step. */
public final class Driver {
  interface Work {
    Object run() throws Exception;
  }

  static String json(Object value) {
    if (value == null) return "null";
    if (value instanceof Double number && (number.isNaN() || number.isInfinite())) return json("double " + number);
    if (value instanceof Number || value instanceof Boolean) return value.toString();
    if (value instanceof byte[] bytes) return json("bytes " + HexFormat.of().formatHex(bytes));
    if (value instanceof List<?> list) return "[" + String.join(",", list.stream().map(Driver::json).toList()) + "]";
    if (value instanceof Object[] array) return json(Arrays.asList(array));
    String text = value.toString();
    StringBuilder out = new StringBuilder("\"");
    for (char c : text.toCharArray()) {
      if (c == '"' || c == '\\') out.append('\\').append(c);
      else if (c < 32 || c > 126) out.append(String.format("\\u%04x", (int) c));
      else out.append(c);
    }
    return out.append('"').toString();
  }

  static void told(String step, Object got) {
    System.out.println("{\"step\": " + json(step) + ", \"got\": " + json(got) + "}");
  }

  static void failing(String step, Work work) {
    try {
      told(step, Arrays.asList("no error", work.run()));
    } catch (SQLException error) {
      told(step, "error " + error.getSQLState());
    } catch (Exception error) {
      told(step, error.getClass().getName());
    }
  }

  static List<Object> rows(ResultSet set) throws SQLException {
    List<Object> rows = new ArrayList<>();
    int width = set.getMetaData().getColumnCount();
    while (set.next()) {
      List<Object> row = new ArrayList<>();
      for (int i = 1; i <= width; i++) {
        Object value = set.getObject(i);
        row.add(value instanceof java.sql.Array array ? Arrays.asList((Object[]) array.getArray()) : value);
      }
      rows.add(row);
    }
    return rows;
  }

  static List<Object> some(ResultSet set, String... columns) throws SQLException {
    List<Object> rows = new ArrayList<>();
    while (set.next()) {
      List<Object> row = new ArrayList<>();
      for (String column : columns) row.add(set.getObject(column));
      rows.add(row);
    }
    return rows;
  }

  public static void main(String[] args) throws Exception {
    TimeZone.setDefault(TimeZone.getTimeZone("UTC"));
    Map<String, String> env = System.getenv();
    String url = "jdbc:postgresql://" + env.get("PGHOST") + ":" + env.get("PGPORT") + "/" + env.get("PGDATABASE");
    try (Connection conn = DriverManager.getConnection(url, env.get("PGUSER"), env.get("PGPASSWORD"))) {
      DatabaseMetaData meta = conn.getMetaData();
      System.out.println("{\"version\": " + json(meta.getDriverVersion().replaceAll("^(\\S+).*", "$1")) + "}");
      parameters(conn);
      try (Statement s = conn.createStatement()) {
        told("rows", rows(s.executeQuery("SELECT id, name, amount, flag, day, ts, u, b, f FROM t ORDER BY id")));
        told("masked", rows(s.executeQuery("SELECT * FROM people ORDER BY id")));
        ResultSetMetaData types = s.executeQuery("SELECT * FROM t").getMetaData();
        List<Object> names = new ArrayList<>();
        for (int i = 1; i <= types.getColumnCount(); i++)
          names.add(List.of(types.getColumnName(i), types.getColumnTypeName(i), types.getColumnClassName(i)));
        told("result metadata", names);
      }
      told("tables", some(meta.getTables(null, "public", "%", new String[] {"TABLE"}), "TABLE_SCHEM", "TABLE_NAME", "TABLE_TYPE"));
      told("columns", some(meta.getColumns(null, "public", "t", "%"), "COLUMN_NAME", "TYPE_NAME", "NULLABLE", "ORDINAL_POSITION"));
      told("primary keys", some(meta.getPrimaryKeys(null, "public", "t"), "COLUMN_NAME", "KEY_SEQ"));
      told("product", meta.getDatabaseProductName());
      batches(conn);
      transactions(conn);
    }
  }

  static void parameters(Connection conn) throws SQLException {
    Object[][] values = {
      {"INTEGER", 42}, {"BIGINT", 9007199254740993L}, {"TEXT", "za\u017c\u00f3\u0142\u0107 'x' \\ \n"}, {"NUMERIC(20,2)", new BigDecimal("12345678901234567.89")},
      {"BOOLEAN", true}, {"DOUBLE PRECISION", 0.1}, {"DATE", java.sql.Date.valueOf("2024-02-29")},
      {"TIMESTAMP", Timestamp.valueOf("2024-02-29 12:34:56.789012")}, {"UUID", UUID.fromString("12345678-1234-5678-1234-567812345678")},
      {"BYTEA", new byte[] {0, 1, -1}},
    };
    for (Object[] each : values) {
      try (PreparedStatement s = conn.prepareStatement("SELECT ?::" + each[0] + " AS v")) {
        s.setObject(1, each[1]);
        // From the fifth run on the driver prepares on the server, and asks for binary.
        List<Object> got = new ArrayList<>();
        for (int i = 0; i < 7; i++) got.add(rows(s.executeQuery()));
        told("parameter " + each[0], new ArrayList<>(new LinkedHashSet<>(got.stream().map(Driver::json).toList())));
      }
    }
    try (PreparedStatement s = conn.prepareStatement("SELECT ?::INTEGER AS v")) {
      s.setNull(1, Types.INTEGER);
      told("null", rows(s.executeQuery()));
    }
  }

  static void batches(Connection conn) throws SQLException {
    try (PreparedStatement s = conn.prepareStatement("INSERT INTO w (id, name) VALUES (?, ?)")) {
      for (int i = 0; i < 5; i++) {
        s.setInt(1, i);
        s.setString(2, "n" + i);
        s.addBatch();
      }
      told("batch", Arrays.stream(s.executeBatch()).boxed().toList());
    }
    try (Statement s = conn.createStatement()) {
      told("update count", s.executeUpdate("DELETE FROM w"));
      s.execute("INSERT INTO w (id, name) VALUES (7, 'k')", new String[] {"id"});
      told("generated keys", rows(s.getGeneratedKeys()));
      s.executeUpdate("DELETE FROM w");
    }
  }

  static void transactions(Connection conn) throws SQLException {
    failing("missing table", () -> rows(conn.createStatement().executeQuery("SELECT * FROM nothing")));
    failing("duplicate key", () -> conn.createStatement().executeUpdate("INSERT INTO t (id) VALUES (1)"));
    conn.setAutoCommit(false);
    try (Statement s = conn.createStatement()) {
      s.setFetchSize(2);
      told("fetch size", rows(s.executeQuery("SELECT id FROM t ORDER BY id")));
      s.executeUpdate("INSERT INTO w (id, name) VALUES (1, 'a')");
      conn.rollback();
      told("after rollback", rows(s.executeQuery("SELECT count(*) FROM w")));
      Savepoint savepoint = conn.setSavepoint();
      failing("error after a savepoint", () -> rows(s.executeQuery("SELECT * FROM nothing")));
      failing("in a failed transaction", () -> rows(s.executeQuery("SELECT 1")));
      conn.rollback(savepoint);
      told("after the savepoint", rows(s.executeQuery("SELECT 1")));
      conn.commit();
    }
    conn.setReadOnly(true);
    failing("write in a read-only transaction", () -> conn.createStatement().executeUpdate("INSERT INTO w (id) VALUES (1)"));
    conn.rollback();
    told("isolation", conn.getTransactionIsolation());
    told("valid", conn.isValid(5));
  }
}
