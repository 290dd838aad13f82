// SPDX-License-Identifier: Apache-2.0
#include "validator/engine/catalog_check.h"

#include <algorithm>
#include <set>

#include "absl/strings/ascii.h"
#include "absl/strings/match.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/str_join.h"

namespace assay::engine {
namespace {

// "numeric(10,2)" as "numeric", "character varying(5)[]" as "character
// varying[]".
std::string WithoutModifier(const std::string& name) {
  const size_t begin = name.find('(');
  const size_t end = name.find(')', begin);
  if (begin == std::string::npos || end == std::string::npos) return name;
  return name.substr(0, begin) + name.substr(end + 1);
}

// Names that say how a value is stored: what bigint demands no smallint meets.
struct Stored {
  std::string_view wanted[3];
  std::string_view names[3];  // Any of these meets any of those.
};
constexpr Stored kStored[] = {
    {{"smallint", "int2"}, {"smallint", "int2"}},
    {{"mediumint", "int3"}, {"mediumint", "int3"}},
    {{"int4", "int", "integer"}, {"int4", "int", "integer"}},
    {{"bigint", "int8"}, {"bigint", "int8"}},
    {{"tinyint", "int1"}, {"tinyint", "int1"}},
    // MariaDB's REAL is a DOUBLE.
    {{"real"}, {"real", "float4", "double"}},
    {{"float4", "float"}, {"real", "float4", "float"}},
    {{"double precision", "float8", "double"},
     {"double precision", "float8", "double"}},
    {{"varchar", "character varying"}, {"varchar", "character varying"}},
    {{"char", "character", "bpchar"}, {"char", "character", "bpchar"}},
    {{"clob"}, {"clob"}},
    {{"bytea"}, {"bytea"}},
    {{"blob"}, {"blob"}},
    {{"binary"}, {"binary"}},
    {{"varbinary"}, {"varbinary"}},
    {{"datetime"}, {"datetime"}},
    {{"jsonb"}, {"jsonb"}},
    // Classes, but for their digits: numeric(10,2).
    {{"decimal", "numeric", "dec"}, {"decimal", "numeric", "dec"}},
};

// The names that meet `wanted`; null where it names a class. These do, unless
// they say how many digits: "int" and "float" are what people call all of
// theirs.
const Stored* StoredAs(const std::string& wanted) {
  for (const char* word :
       {"int", "integer", "float", "double", "decimal", "numeric", "dec"}) {
    if (absl::EqualsIgnoreCase(wanted, word)) return nullptr;
  }
  const std::string plain = absl::AsciiStrToLower(WithoutModifier(wanted));
  for (const Stored& row : kStored) {
    if (std::find(std::begin(row.wanted), std::end(row.wanted), plain) !=
        std::end(row.wanted)) {
      return &row;
    }
  }
  return nullptr;
}

// MariaDB's "smallint unsigned" as "smallint".
std::string WithoutSign(const std::string& name) {
  for (const char* word : {" unsigned", " zerofill"}) {
    const size_t at = absl::AsciiStrToLower(name).find(word);
    if (at != std::string::npos) return name.substr(0, at);
  }
  return name;
}

bool HasName(const connections::Column& column, const std::string& wanted) {
  for (const std::string& name :
       {column.type.native_name, column.type.full_name}) {
    const std::string plain = WithoutModifier(name);
    for (const std::string& form :
         {name, plain, WithoutSign(name), WithoutSign(plain)}) {
      if (absl::EqualsIgnoreCase(wanted, form)) return true;
    }
  }
  return false;
}

// A type is met by its class ("integer") or by the database's own name, with or
// without length and the like. The name that the catalog shows to people
// (text[], that of a domain or an enumeration) is one, too.
bool TypeMatches(const std::string& wanted, const connections::Column& column) {
  if (HasName(column, wanted)) return true;
  if (const Stored* stored = StoredAs(wanted)) {
    const size_t digits = wanted.find('(');
    const std::string modifier =
        digits == std::string::npos ? "" : wanted.substr(digits);
    return std::any_of(
        std::begin(stored->names), std::end(stored->names),
        [&](std::string_view name) {
          return !name.empty() &&
                 HasName(column, absl::StrCat(std::string(name), modifier));
        });
  }
  const auto type = ParseTypeClass(wanted);
  return type.has_value() && *type == column.type.type;
}

void CheckColumn(const ColumnDemand& demand, const connections::Column& column,
                 std::vector<std::string>& out) {
  if (!demand.type.empty() && !TypeMatches(demand.type, column)) {
    out.push_back(absl::StrCat(
        column.name, " is ", column.type.native_name, " (",
        std::string(TypeClassName(column.type.type)), "), not ", demand.type));
  }
  if (demand.nullable.has_value() && *demand.nullable != column.nullable) {
    out.push_back(absl::StrCat(column.name, column.nullable
                                                ? " allows NULL"
                                                : " does not allow NULL"));
  }
  if (demand.length.has_value() && *demand.length != column.size) {
    out.push_back(absl::StrCat(
        column.name, " has ",
        column.size > 0 ? absl::StrCat("length ", column.size) : "no length",
        ", not ", *demand.length));
  }
}

}  // namespace

std::vector<std::string> CheckCatalog(const CatalogCheck& check,
                                      const connections::Table& table) {
  std::vector<std::string> out;
  std::set<std::string> listed;
  std::vector<std::string> order;
  for (const ColumnDemand& demand : check.columns) {
    const connections::Column* column = table.FindColumn(demand.column.name);
    if (column == nullptr) {
      out.push_back(absl::StrCat("column ", demand.column.name, " is missing"));
      continue;
    }
    listed.insert(column->name);
    order.push_back(column->name);
    CheckColumn(demand, *column, out);
  }
  for (const Column& absent : check.absent) {
    if (const auto* column = table.FindColumn(absent.name)) {
      out.push_back(absl::StrCat("column ", column->name, " is still there"));
    }
  }
  if (check.forbid_extra) {
    for (const connections::Column& column : table.columns) {
      if (listed.count(column.name) == 0) {
        out.push_back(absl::StrCat("column ", column.name, " is not listed"));
      }
    }
  }
  if (check.in_order) {
    std::vector<std::string> actual;
    for (const connections::Column& column : table.columns) {
      if (listed.count(column.name) > 0) actual.push_back(column.name);
    }
    if (actual != order) {
      out.push_back(absl::StrCat("the columns stand in the order ",
                                 absl::StrJoin(actual, ", ")));
    }
  }
  if (!check.primary_key.empty()) {
    std::vector<std::string> wanted;
    for (const Column& column : check.primary_key) {
      const auto* found = table.FindColumn(column.name);
      wanted.push_back(found != nullptr ? found->name : column.name);
    }
    if (wanted != table.primary_key) {
      out.push_back(table.primary_key.empty()
                        ? "there is no primary key"
                        : absl::StrCat("the primary key is (",
                                       absl::StrJoin(table.primary_key, ", "),
                                       ")"));
    }
  }
  return out;
}

}  // namespace assay::engine
