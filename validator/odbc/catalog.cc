// SPDX-License-Identifier: Apache-2.0
#include "validator/odbc/catalog.h"

#include <algorithm>
#include <cstdlib>
#include <iterator>
#include <map>
#include <set>
#include <utility>

#include "absl/strings/ascii.h"
#include "absl/strings/match.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/str_join.h"
#include "validator/base/issue.h"
#include "validator/odbc/catalog_rows.h"

namespace assay::odbc {
namespace {

// A table as the driver places it.
struct Place {
  std::string catalog;
  std::string schema;
  std::string name;
  // NOLINTNEXTLINE(modernize-use-nullptr): the 0 of <=> is no pointer.
  friend auto operator<=>(const Place&, const Place&) = default;
};

std::string Shown(const Place& place) {
  std::vector<std::string> parts;
  for (const std::string* part : {&place.catalog, &place.schema, &place.name}) {
    if (!part->empty()) parts.push_back(*part);
  }
  return absl::StrJoin(parts, ".");
}

// A text argument of a catalog function: null where empty.
class Argument {
 public:
  explicit Argument(const std::string& text) : text_(text) {}
  SQLCHAR* text() const {
    return text_.empty() ? nullptr : OdbcText(text_.c_str());
  }
  SQLSMALLINT length() const { return static_cast<SQLSMALLINT>(text_.size()); }

 private:
  const std::string text_;
};

std::string EscapePattern(const Link& link, const std::string& name) {
  if (name.find_first_of("_%\\") == std::string::npos) return name;
  const std::string escape =
      GetInfoText(link.connection(), SQL_SEARCH_PATTERN_ESCAPE);
  // Without an escape the pattern matches too much; the results are compared
  // with the name anyway.
  if (escape.empty()) return name;
  std::string out;
  for (const char c : name) {
    const bool lone = c == escape.front();
    if (c == '_' || c == '%' ||
        (lone && !link.quirks().lone_escape_is_literal)) {
      out.append(escape);
    }
    out.push_back(c);
  }
  return out;
}

int64_t ToNumber(const std::optional<std::string>& text) {
  return text.has_value() ? std::strtoll(text->c_str(), nullptr, 10) : 0;
}

std::string CurrentCatalog(const Link& link) {
  char buffer[512] = {};
  SQLINTEGER length = 0;
  if (!SQL_SUCCEEDED(SQLGetConnectAttr(link.connection(),
                                       SQL_ATTR_CURRENT_CATALOG, buffer,
                                       sizeof buffer, &length))) {
    return "";
  }
  return buffer;
}

// '*' and '?', without case.
bool MatchesPattern(std::string_view text, std::string_view pattern) {
  if (pattern.empty()) return text.empty();
  if (pattern.front() == '*') {
    return MatchesPattern(text, pattern.substr(1)) ||
           (!text.empty() && MatchesPattern(text.substr(1), pattern));
  }
  return !text.empty() &&
         (pattern.front() == '?' ||
          absl::ascii_tolower(static_cast<unsigned char>(pattern.front())) ==
              absl::ascii_tolower(static_cast<unsigned char>(text.front()))) &&
         MatchesPattern(text.substr(1), pattern.substr(1));
}

// The drivers' words for what holds rows; not sequences, indexes, synonyms.
bool HoldsRows(const std::string& table_type) {
  static constexpr const char* kTypes[] = {
      "TABLE",   "BASE TABLE",        "SYSTEM VERSIONED", "PARTITIONED TABLE",
      "VIEW",    "MATERIALIZED VIEW", "FOREIGN TABLE",    "FOREIGN",
      "MATVIEW",
  };
  return std::any_of(std::begin(kTypes), std::end(kTypes),
                     [&](const char* type) {
                       return absl::EqualsIgnoreCase(table_type, type);
                     });
}

class Lookup {
 public:
  Lookup(Link& link, const db::TableName& name, const CancellationToken& cancel)
      : link_(link), cancel_(cancel) {
    wanted_ = {name.catalog, name.schema, name.name};
    if (link.quirks().catalog_is_schema && !wanted_.schema.empty()) {
      wanted_.catalog = std::exchange(wanted_.schema, "");
    }
  }

  absl::StatusOr<db::CatalogTable> Run() {
    const std::string& only = link_.quirks().only_schema;
    if (!only.empty()) {
      const bool here = wanted_.catalog.empty() &&
                        (wanted_.schema.empty() ||
                         absl::EqualsIgnoreCase(wanted_.schema, only));
      if (!here) return NotFound({});
      wanted_.schema.clear();
    }
    ASSAY_ASSIGN_OR_RETURN(std::vector<db::CatalogTable> exact,
                           Columns(wanted_));
    if (exact.empty()) {
      ASSAY_ASSIGN_OR_RETURN(const Place place, FindWithoutCase());
      ASSAY_ASSIGN_OR_RETURN(exact, Columns(place));
      // PostgreSQL knows tables without columns.
      if (exact.empty()) exact.push_back(TableAt(place));
    }
    if (exact.size() > 1) {
      std::vector<Place> places;
      places.reserve(exact.size());
      for (const db::CatalogTable& table : exact) {
        places.push_back({table.catalog, table.schema, table.name});
      }
      return Ambiguous(places);
    }
    db::CatalogTable table = std::move(exact.front());
    ASSAY_RETURN_IF_ERROR(DescribeKeys(link_, cancel_, &table));
    if (link_.quirks().catalog_is_schema) {
      // "database.table" is how a user writes it.
      table.schema = std::exchange(table.catalog, "");
    }
    return table;
  }

 private:
  static db::CatalogTable TableAt(const Place& place) {
    db::CatalogTable table;
    table.catalog = place.catalog;
    table.schema = place.schema;
    table.name = place.name;
    return table;
  }

  // Every table spelled as `place`, with its columns.
  absl::StatusOr<std::vector<db::CatalogTable>> Columns(const Place& place) {
    const Argument catalog(place.catalog);
    const Argument schema(EscapePattern(link_, place.schema));
    const Argument name(EscapePattern(link_, place.name));
    ASSAY_ASSIGN_OR_RETURN(
        std::vector<CatalogRow> rows,
        CatalogRows(link_, cancel_,
                    [&](SQLHSTMT statement) {
                      return SQLColumns(statement, catalog.text(),
                                        catalog.length(), schema.text(),
                                        schema.length(), name.text(),
                                        name.length(), OdbcText("%"), 1);
                    },
                    // CAT, SCHEM, NAME, COLUMN_NAME, DATA_TYPE, TYPE_NAME,
                    // COLUMN_SIZE, DECIMAL_DIGITS, NULLABLE.
                    {1, 2, 3, 4, 5, 6, 7, 9, 11}));
    std::map<Place, db::CatalogTable> tables;
    for (CatalogRow& row : rows) {
      const Place found{row[0].value_or(""), row[1].value_or(""),
                        row[2].value_or("")};
      if (!Matches(found, place)) continue;
      db::CatalogTable& table =
          tables.try_emplace(found, TableAt(found)).first->second;
      db::CatalogColumn& column = table.columns.emplace_back();
      column.name = row[3].value_or("");
      column.sql_type = static_cast<int16_t>(ToNumber(row[4]));
      column.type_name = row[5].value_or("");
      column.size = std::max<int64_t>(ToNumber(row[6]), 0);
      column.scale = static_cast<int16_t>(ToNumber(row[7]));
      column.nullable = ToNumber(row[8]) != SQL_NO_NULLS;
    }
    std::vector<db::CatalogTable> out;
    out.reserve(tables.size());
    for (auto& [found, table] : tables) out.push_back(std::move(table));
    return out;
  }

  static bool Matches(const Place& found, const Place& place) {
    return found.name == place.name &&
           (place.schema.empty() || found.schema == place.schema) &&
           (place.catalog.empty() || found.catalog == place.catalog);
  }

  absl::StatusOr<std::vector<Place>> List(const std::string& catalog,
                                          const std::string& schema,
                                          const std::string& name) {
    const Argument catalog_argument(catalog);
    const Argument schema_argument(schema);
    const Argument name_argument(name);
    ASSAY_ASSIGN_OR_RETURN(
        std::vector<CatalogRow> rows,
        CatalogRows(link_, cancel_,
                    [&](SQLHSTMT statement) {
                      return SQLTables(
                          statement, catalog_argument.text(),
                          catalog_argument.length(), schema_argument.text(),
                          schema_argument.length(), name_argument.text(),
                          name_argument.length(), nullptr, 0);
                    },
                    {1, 2, 3}));
    std::set<Place> places;
    for (const CatalogRow& row : rows) {
      places.insert(
          {row[0].value_or(""), row[1].value_or(""), row[2].value_or("")});
    }
    return std::vector<Place>(places.begin(), places.end());
  }

  // The slow way: all tables, compared without case.
  absl::StatusOr<Place> FindWithoutCase() {
    std::string catalog = wanted_.catalog;
    if (catalog.empty() && link_.quirks().catalog_is_schema) {
      catalog = CurrentCatalog(link_);
    }
    // The given schema is compared here, not by the driver: its case may be
    // wrong too. Without one the driver looks where the database would.
    ASSAY_ASSIGN_OR_RETURN(const std::vector<Place> all,
                           List(EscapePattern(link_, catalog),
                                wanted_.schema.empty() ? "" : "%", "%"));
    std::vector<Place> found;
    for (const Place& place : all) {
      if (absl::EqualsIgnoreCase(place.name, wanted_.name) &&
          (wanted_.schema.empty() ||
           absl::EqualsIgnoreCase(place.schema, wanted_.schema)) &&
          (catalog.empty() || place.catalog.empty() ||
           absl::EqualsIgnoreCase(place.catalog, catalog))) {
        found.push_back(place);
      }
    }
    if (found.size() > 1) {
      // A table without columns is spelled exactly, and still not seen above.
      const auto exact = std::find_if(
          found.begin(), found.end(),
          [this](const Place& place) { return Matches(place, wanted_); });
      if (exact != found.end()) return *exact;
      return Ambiguous(found);
    }
    if (found.size() == 1) return found.front();
    return NotFound(all);
  }

  absl::Status Ambiguous(const std::vector<Place>& places) {
    return MakeError(
        ErrorReason::kTableNotFound,
        absl::StrCat("\"", Shown(wanted_), "\" may mean ",
                     absl::StrJoin(places, ", ",
                                   [](std::string* out, const Place& place) {
                                     absl::StrAppend(out, "\"", Shown(place),
                                                     "\"");
                                   }),
                     "; spell it exactly"));
  }

  absl::Status NotFound(const std::vector<Place>& seen) {
    std::string message =
        absl::StrCat("no table or view \"", Shown(wanted_),
                     "\", or none that the connection's role may see");
    // Somewhere else, where no schema was given?
    if (wanted_.schema.empty() && link_.quirks().only_schema.empty()) {
      const bool catalogs = link_.quirks().catalog_is_schema;
      absl::StatusOr<std::vector<Place>> elsewhere =
          List(catalogs ? "%" : "", catalogs ? "" : "%",
               EscapePattern(link_, wanted_.name));
      if (elsewhere.ok() && !elsewhere->empty()) {
        const Place& place = elsewhere->front();
        return MakeError(ErrorReason::kTableNotFound,
                         absl::StrCat(message, "; there is \"",
                                      catalogs ? place.catalog : place.schema,
                                      ".", place.name, "\""));
      }
    }
    std::vector<std::string> names;
    names.reserve(seen.size());
    for (const Place& place : seen) names.push_back(place.name);
    const std::string nearest = NearestName(wanted_.name, names);
    if (!nearest.empty()) {
      absl::StrAppend(&message, "; did you mean \"", nearest, "\"?");
    }
    return MakeError(ErrorReason::kTableNotFound, message);
  }

  Link& link_;
  const CancellationToken cancel_;
  Place wanted_;
};

}  // namespace

absl::StatusOr<db::CatalogTable> DescribeTable(
    Link& link, const db::TableName& name, const CancellationToken& cancel) {
  return Lookup(link, name, cancel).Run();
}

absl::StatusOr<std::vector<db::TableName>> ListTables(
    Link& link, std::string_view schema_pattern,
    const CancellationToken& cancel) {
  const Quirks& quirks = link.quirks();
  std::vector<db::TableName> tables;
  if (!quirks.only_schema.empty() && !schema_pattern.empty() &&
      !MatchesPattern(quirks.only_schema, schema_pattern)) {
    return tables;
  }
  const bool everywhere = !schema_pattern.empty() && quirks.only_schema.empty();
  std::string catalog;
  if (quirks.catalog_is_schema) {
    catalog = everywhere ? "%" : EscapePattern(link, CurrentCatalog(link));
  }
  const Argument catalog_argument(catalog);
  const Argument schema_argument(everywhere && !quirks.catalog_is_schema ? "%"
                                                                         : "");
  ASSAY_ASSIGN_OR_RETURN(
      std::vector<CatalogRow> rows,
      CatalogRows(link, cancel,
                  [&](SQLHSTMT statement) {
                    return SQLTables(
                        statement, catalog_argument.text(),
                        catalog_argument.length(), schema_argument.text(),
                        schema_argument.length(), OdbcText("%"), 1, nullptr, 0);
                  },
                  {1, 2, 3, 4}));
  std::set<Place> places;
  for (const CatalogRow& row : rows) {
    if (!HoldsRows(row[3].value_or(""))) continue;
    Place place{row[0].value_or(""), row[1].value_or(""), row[2].value_or("")};
    // sqlite_sequence and its like: no type tells them from others.
    if (!quirks.only_schema.empty() &&
        absl::StartsWithIgnoreCase(place.name, "sqlite_")) {
      continue;
    }
    if (quirks.catalog_is_schema) {
      place.schema = std::exchange(place.catalog, "");
    }
    if (!everywhere || MatchesPattern(place.schema, schema_pattern)) {
      places.insert(std::move(place));
    }
  }
  for (const Place& place : places) {
    tables.push_back({place.catalog, place.schema, place.name});
  }
  return tables;
}

}  // namespace assay::odbc
