// SPDX-License-Identifier: Apache-2.0
#include <algorithm>
#include <map>

#include "validator/odbc/catalog.h"
#include "validator/odbc/catalog_rows.h"

namespace assay::odbc {
namespace {

// Unique indexes over whole columns, the primary key's first, and whether they
// reach every row: those of a table with children by inheritance do not. In
// place of SQLPrimaryKeys, which does not find a table with a backslash in its
// name and takes three round trips.
constexpr char kPostgresqlKeys[] =
    "SELECT i.indexrelid::text, a.attname::text, i.indisprimary::int,"
    " (t.relkind <> 'r' OR NOT EXISTS (SELECT 1 FROM"
    " pg_catalog.pg_inherits h WHERE h.inhparent = t.oid))::int"
    " FROM pg_catalog.pg_index i"
    " JOIN pg_catalog.pg_class t ON t.oid = i.indrelid"
    " JOIN pg_catalog.pg_namespace s ON s.oid = t.relnamespace"
    " CROSS JOIN LATERAL"
    " unnest(i.indkey::int2[]) WITH ORDINALITY AS k(number, place)"
    " JOIN pg_catalog.pg_attribute a"
    " ON a.attrelid = i.indrelid AND a.attnum = k.number"
    " WHERE s.nspname = ? AND t.relname = ? AND i.indisunique"
    " AND i.indisvalid AND i.indisready AND i.indpred IS NULL"
    " AND i.indexprs IS NULL AND k.place <= i.indnkeyatts"
    " ORDER BY i.indisprimary DESC, i.indexrelid, k.place";

// The primary key's columns (group 0, with whether the type is exactly
// INTEGER), then each whole unique index (with whether it is the primary
// key's); an expression has no name.
constexpr char kSqliteKeys[] =
    "SELECT 0, pk, name, upper(type) = 'INTEGER'"
    " FROM pragma_table_info(?) WHERE pk > 0"
    " UNION ALL"
    // Generated columns, which the driver's SQLColumns leaves out (group -1).
    " SELECT -1, cid, name, upper(type) FROM pragma_table_xinfo(?)"
    " WHERE hidden IN (2, 3)"
    " UNION ALL"
    " SELECT 1 + l.seq, i.seqno, i.name, l.origin = 'pk'"
    " FROM pragma_index_list(?) AS l, pragma_index_info(l.name) AS i"
    " WHERE l.\"unique\" AND NOT l.partial"
    " ORDER BY 1, 2";

db::CatalogColumn* FindColumn(db::CatalogTable* table,
                              const std::string& name) {
  for (db::CatalogColumn& column : table->columns) {
    if (column.name == name) return &column;
  }
  return nullptr;
}

// Adds `key` to the unique keys unless a column may be NULL, is no column, or
// the key is there already.
void AddKey(const std::vector<std::string>& key, db::CatalogTable* table) {
  if (key.empty()) return;
  for (const std::string& name : key) {
    const db::CatalogColumn* column = FindColumn(table, name);
    if (column == nullptr || column->nullable) return;
  }
  const auto& keys = table->unique_keys;
  if (std::find(keys.begin(), keys.end(), key) != keys.end()) return;
  table->unique_keys.push_back(key);
}

absl::Status AddSqliteKeys(Link& link, const CancellationToken& cancel,
                           db::CatalogTable* table) {
  ASSAY_ASSIGN_OR_RETURN(
      const std::vector<CatalogRow> rows,
      QueryRows(link, cancel, kSqliteKeys,
                {table->name, table->name, table->name}, {1, 2, 3, 4}));
  std::map<int64_t, std::vector<std::string>> keys;
  bool primary_is_integer = false;
  bool primary_has_index = false;
  for (const CatalogRow& row : rows) {
    const int64_t group = std::stoll(row[0].value_or("0"));
    const bool flag = row[3].value_or("0") == "1";
    if (group < 0) {
      db::CatalogColumn& column = table->columns.emplace_back();
      column.name = row[2].value_or("");
      column.type_name = row[3].value_or("");
    } else if (group == 0) {
      primary_is_integer = flag;
      table->primary_key.push_back(row[2].value_or(""));
    } else {
      primary_has_index = primary_has_index || flag;
      keys[group].push_back(row[2].value_or(""));
    }
  }
  // The one kind of primary key that SQLite itself keeps free of NULL without
  // being told: an alias of the row id.
  if (table->primary_key.size() == 1 && primary_is_integer &&
      !primary_has_index) {
    db::CatalogColumn* column = FindColumn(table, table->primary_key.front());
    if (column != nullptr) column->nullable = false;
    AddKey(table->primary_key, table);
  }
  for (const auto& [group, key] : keys) {
    if (key == table->primary_key) AddKey(key, table);  // The first.
  }
  for (const auto& [group, key] : keys) AddKey(key, table);
  return absl::OkStatus();
}

absl::Status AddPrimaryKey(Link& link, const CancellationToken& cancel,
                           db::CatalogTable* table) {
  const auto text = [](const std::string& value) {
    return value.empty() ? nullptr : OdbcText(value.c_str());
  };
  const auto length = [](const std::string& value) {
    return static_cast<SQLSMALLINT>(value.size());
  };
  ASSAY_ASSIGN_OR_RETURN(
      const std::vector<CatalogRow> rows,
      CatalogRows(link, cancel,
                  [&](SQLHSTMT statement) {
                    return SQLPrimaryKeys(
                        statement, text(table->catalog), length(table->catalog),
                        text(table->schema), length(table->schema),
                        text(table->name), length(table->name));
                  },
                  {4, 5}));
  std::map<int64_t, std::string> columns;
  for (const CatalogRow& row : rows) {
    columns[std::stoll(row[1].value_or("0"))] = row[0].value_or("");
  }
  for (const auto& [place, name] : columns) {
    table->primary_key.push_back(name);
    // MariaDB's driver calls an AUTO_INCREMENT key nullable.
    db::CatalogColumn* column = FindColumn(table, name);
    if (column != nullptr) column->nullable = false;
  }
  return absl::OkStatus();
}

absl::Status AddStatistics(Link& link, const CancellationToken& cancel,
                           db::CatalogTable* table) {
  const auto text = [](const std::string& value) {
    return value.empty() ? nullptr : OdbcText(value.c_str());
  };
  const auto length = [](const std::string& value) {
    return static_cast<SQLSMALLINT>(value.size());
  };
  ASSAY_ASSIGN_OR_RETURN(
      const std::vector<CatalogRow> rows,
      CatalogRows(
          link, cancel,
          [&](SQLHSTMT statement) {
            return SQLStatistics(
                statement, text(table->catalog), length(table->catalog),
                text(table->schema), length(table->schema), text(table->name),
                length(table->name), SQL_INDEX_UNIQUE, SQL_QUICK);
          },
          // NON_UNIQUE, INDEX_NAME, ORDINAL_POSITION, COLUMN_NAME, FILTER.
          {4, 6, 8, 9, 13}));
  std::map<std::string, std::map<int64_t, std::string>> indexes;
  for (const CatalogRow& row : rows) {
    if (row[0] != "0" || !row[1].has_value()) continue;
    // A filter, like an expression, is no column's name: AddKey refuses it.
    const bool filtered = row[4].has_value() && !row[4]->empty();
    indexes[*row[1]][std::stoll(row[2].value_or("0"))] =
        filtered ? "" : row[3].value_or("");
  }
  for (const auto& [index, columns] : indexes) {
    std::vector<std::string> key;
    for (const auto& [place, name] : columns) key.push_back(name);
    AddKey(key, table);
  }
  return absl::OkStatus();
}

absl::Status AddPostgresqlKeys(Link& link, const CancellationToken& cancel,
                               db::CatalogTable* table) {
  ASSAY_ASSIGN_OR_RETURN(const std::vector<CatalogRow> rows,
                         QueryRows(link, cancel, kPostgresqlKeys,
                                   {table->schema, table->name}, {1, 2, 3, 4}));
  struct Index {
    std::string id;
    bool whole = false;
    std::vector<std::string> columns;
  };
  std::vector<Index> indexes;
  for (const CatalogRow& row : rows) {
    const std::string id = row[0].value_or("");
    const std::string name = row[1].value_or("");
    if (indexes.empty() || indexes.back().id != id) {
      indexes.push_back({id, row[3] == "1", {}});
    }
    indexes.back().columns.push_back(name);
    if (row[2] == "1") table->primary_key.push_back(name);
  }
  for (const Index& index : indexes) {
    if (index.whole) AddKey(index.columns, table);
  }
  return absl::OkStatus();
}

}  // namespace

absl::Status DescribeKeys(Link& link, const CancellationToken& cancel,
                          db::CatalogTable* table) {
  switch (link.quirks().unique_keys) {
    case UniqueKeys::kPostgresql:
      return AddPostgresqlKeys(link, cancel, table);
    case UniqueKeys::kSqlite:
      return AddSqliteKeys(link, cancel, table);
    case UniqueKeys::kStatistics:
    case UniqueKeys::kUnknown:
      break;
  }
  ASSAY_RETURN_IF_ERROR(AddPrimaryKey(link, cancel, table));
  AddKey(table->primary_key, table);
  if (link.quirks().unique_keys == UniqueKeys::kUnknown) {
    return absl::OkStatus();
  }
  return AddStatistics(link, cancel, table);
}

}  // namespace assay::odbc
